import { type ModelConfig, SecateurError, type ShapedModel, type TensorPlacement } from '@secateur/core';
import { type AxisCuts, type Shape, sizeOf } from '@secateur/core/graph';
import { type LayerShape, readArchitecture } from './architecture.js';
import { attentionPart, mlpPart, split } from './layer-parts.js';
import { layerShapes, withLayerShapes } from './resize.js';
import { stockConfig } from './stock.js';

/** Where the parts of a layer lie in the widest one, as indices of rows or columns; undefined where none moves. */
interface Maps {
  readonly queries: readonly number[] | undefined;
  readonly keys: readonly number[] | undefined;
  readonly channels: readonly number[] | undefined;
}

/**
 * The model with every layer padded to the widest: KV heads, query heads per KV head and channels. Added heads have
 * zeros in o_proj, added channels in down_proj, so that they add exactly nothing. A part that a layer lacks becomes one
 * of zeros.
 * @throws SecateurError E_EXPORT when no layer has attention, or none an MLP: stock models have both
 */
export const padModel = (config: ModelConfig, shapes: ReadonlyMap<string, Shape>): ShapedModel => {
  const model = readArchitecture(config);
  const layers = layerShapes(model, shapes);
  const widest = widestOf(layers);
  const maps = layers.map(layer => mapsOf(layer, widest, model.headDim));
  const extents: Record<keyof Maps, number> = {
    queries: widest.heads * model.headDim,
    keys: widest.kvHeads * model.headDim,
    channels: widest.intermediate,
  };
  const there = [...shapes].map(([name, shape]): TensorPlacement => {
    const { layer, part } = split(name);
    const axes = axesOf(part, shape.length).map(key => key && maps[Number(layer)]?.[key]);
    return { name, shape: paddedShape(part, shape, extents), axes: axes as AxisCuts };
  });
  const tensors = [...there, ...absentTensors(there, layers)];
  const uniform = withLayerShapes(
    config,
    model.headDim,
    layers.map(() => widest),
  );
  const stock = stockConfig(uniform, readArchitecture(uniform));
  return { config: stock.config, tensors, notes: [...paddingNotes(shapes, tensors, widest), ...stock.notes] };
};

const widestOf = (layers: readonly LayerShape[]): LayerShape => {
  const most = (size: (layer: LayerShape) => number): number => Math.max(...layers.map(size));
  const kvHeads = most(layer => layer.kvHeads);
  const intermediate = most(layer => layer.intermediate);
  if (kvHeads === 0 || intermediate === 0)
    throw new SecateurError(
      'E_EXPORT',
      `no layer of the model has ${kvHeads === 0 ? 'attention' : 'an MLP'}, which stock models cannot lack`,
      { hint: 'write it with export.shape "per-layer"' },
    );
  const perKvHead = most(layer => (layer.kvHeads === 0 ? 0 : layer.heads / layer.kvHeads));
  return { heads: kvHeads * perKvHead, kvHeads, intermediate };
};

/** KV head g stays g; its query head j, of `r` before and `R` now, moves from g·r + j to g·R + j. */
const mapsOf = (layer: LayerShape, widest: LayerShape, headDim: number): Maps => {
  const before = layer.heads / layer.kvHeads;
  const now = widest.heads / widest.kvHeads;
  const elements = (heads: readonly number[]): number[] =>
    heads.flatMap(head => Array.from({ length: headDim }, (_, i) => head * headDim + i));
  const count = (length: number): number[] => [...Array(length).keys()];
  const queries = count(layer.heads).map(head => Math.floor(head / before) * now + (head % before));
  return {
    queries: layer.heads === widest.heads ? undefined : elements(queries),
    keys: layer.kvHeads === widest.kvHeads ? undefined : elements(count(layer.kvHeads)),
    channels: layer.intermediate === widest.intermediate ? undefined : count(layer.intermediate),
  };
};

/** What is counted along each axis of a tensor, as far as padding changes it. */
const axesOf = (part: string, rank: number): readonly (keyof Maps | undefined)[] => {
  const [, module, what] = /^(?:self_attn|mlp)\.(\w+)\.(weight|bias)$/.exec(part) ?? [];
  const rows = rowsOf[module ?? ''];
  const columns = what === 'weight' ? columnsOf[module ?? ''] : undefined;
  return [rows, columns].slice(0, rank);
};

const rowsOf: Readonly<Record<string, keyof Maps>> = {
  q_proj: 'queries',
  k_proj: 'keys',
  v_proj: 'keys',
  gate_proj: 'channels',
  up_proj: 'channels',
};
const columnsOf: Readonly<Record<string, keyof Maps>> = { o_proj: 'queries', down_proj: 'channels' };

const paddedShape = (part: string, shape: Shape, extents: Readonly<Record<keyof Maps, number>>): Shape => {
  const keys = axesOf(part, shape.length);
  return shape.map((extent, axis) => {
    const key = keys[axis];
    return key === undefined ? extent : extents[key];
  });
};

/** Tensors of zeros for the parts that layers lack, after the pattern of a layer that has them. */
const absentTensors = (
  there: readonly TensorPlacement[],
  layers: readonly LayerShape[],
): readonly TensorPlacement[] => {
  const pattern = (has: (layer: LayerShape) => boolean, parts: RegExp): readonly TensorPlacement[] => {
    const donor = layers.findIndex(has);
    const own = there.filter(({ name }) => {
      const { layer, part } = split(name);
      return Number(layer) === donor && parts.test(part);
    });
    return layers.flatMap((layer, i) =>
      has(layer)
        ? []
        : own.map(({ name, shape }) => ({
            name: `model.layers.${i}.${split(name).part}`,
            shape,
            axes: undefined,
          })),
    );
  };
  return [
    ...pattern(({ heads }) => heads > 0, attentionPart),
    ...pattern(({ intermediate }) => intermediate > 0, mlpPart),
  ];
};

const paddingNotes = (
  before: ReadonlyMap<string, Shape>,
  after: readonly TensorPlacement[],
  { heads, kvHeads, intermediate }: LayerShape,
): readonly string[] => {
  const sum = (shapes: readonly Shape[]): number => shapes.reduce((total, shape) => total + sizeOf(shape), 0);
  const all = sum(after.map(({ shape }) => shape));
  const added = all - sum([...before.values()]);
  return added === 0
    ? []
    : [
        `every layer is padded to ${heads} query heads, ${kvHeads} KV heads and ${intermediate} channels: ${((100 * added) / all).toFixed(1)} % of the parameters are zeros`,
      ];
};
