import type { ResolvedConfig } from '../config/schema.js';
import { type LoraSpec, loraNames } from '../graph/attach-lora.js';
import { type Shape, sizeOf } from '../graph/graph.js';
import { scatterTensor } from '../graph/scatter.js';
import type { ModelConfig, WriteOptions } from '../ports/checkpoint.js';
import type { LayerSizes, OwnCode, ShapedModel, TensorPlacement, Tracer } from '../ports/tracer.js';
import { type LiveModel, type ModelSource, moduleOf } from './live-model.js';
import type { LoraState } from './lora-state.js';

/** What a model folder is written from. */
export interface WrittenShape {
  readonly config: ModelConfig;
  readonly tensors: readonly TensorPlacement[];
  readonly placements: ReadonlyMap<string, TensorPlacement>;
  /** Absolute paths of files that the folder takes along. */
  readonly files: readonly string[];
  readonly notes: readonly string[];
}

/** Whether all layers have the same sizes. */
export const areAlike = (layers: readonly LayerSizes[]): boolean =>
  layers.every(
    ({ heads, kvHeads, channels }) =>
      heads === layers[0]!.heads && kvHeads === layers[0]!.kvHeads && channels === layers[0]!.channels,
  );

/** Whether stock code builds such layers: all alike, none without attention or MLP. */
const areStock = (layers: readonly LayerSizes[]): boolean =>
  areAlike(layers) && layers.every(({ heads, channels }) => heads > 0 && channels > 0);

/**
 * The form in which a model is written. Layers that lack attention and MLP are left out. Layers that stock code builds
 * need no padding and no code of their own, whatever was asked for.
 */
export const writtenShape = (
  { tracer, ...source }: ModelSource,
  shape: ResolvedConfig['export']['shape'],
): WrittenShape => {
  const dropped = tracer.dropLayers?.(source.config, source.tensors.keys());
  if (!dropped) return shapedAs(source, tracer, shape);
  const { config, names } = dropped;
  const tensors = new Map([...names].map(([name, former]) => [name, source.tensors.get(former)!]));
  const shaped = shapedAs({ config, tensors }, tracer, shape);
  return {
    ...withPlacements({
      ...shaped,
      tensors: shaped.tensors.map(tensor => ({ ...tensor, source: names.get(tensor.name) ?? tensor.name })),
    }),
    notes: [...dropped.notes, ...shaped.notes],
  };
};

const shapedAs = (
  { config, tensors }: Pick<ModelSource, 'config' | 'tensors'>,
  tracer: Tracer,
  shape: ResolvedConfig['export']['shape'],
): WrittenShape => {
  const shapes = new Map([...tensors].map(([name, ref]) => [name, ref.shape]));
  if (tracer.pad && (shape === 'padded' || areStock(tracer.layers(config))))
    return withPlacements(tracer.pad(config, shapes));
  const asIs = [...shapes].map(([name, extents]) => ({
    name,
    shape: extents,
    axes: extents.map(() => undefined),
  }));
  return withPlacements({ config, notes: [], ...tracer.ownCode?.(config), tensors: asIs });
};

const withPlacements = ({
  config,
  tensors,
  notes,
  files = [],
}: ShapedModel & Partial<Pick<OwnCode, 'files'>>): WrittenShape => ({
  config,
  tensors,
  notes,
  files,
  placements: new Map(tensors.map(tensor => [tensor.name, tensor])),
});

export interface WriteShapedOptions {
  readonly merge: boolean;
  /** Called before each tensor is made. */
  readonly onTensor?: (name: string) => void;
}

/** Writes a model folder in that form. The adapter is folded into the weights with `merge`, and left out without. */
export const writeShaped = (
  folder: string,
  model: LiveModel,
  { config, tensors, placements, files }: WrittenShape,
  { merge, onTensor, companions = [], ...options }: WriteOptions & WriteShapedOptions,
): Promise<void> =>
  model.source.format.write(
    folder,
    config,
    tensors,
    async name => {
      onTensor?.(name);
      const { shape, axes, source = name } = placements.get(name)!;
      if (!axes) return new Float32Array(sizeOf(shape));
      const data = await (merge ? model.merged(source) : model.weight(source));
      return scatterTensor(data, model.source.tensors.get(source)!.shape, shape, axes);
    },
    { ...options, companions: [...companions, ...files] },
  );

/** An adapter, with the shapes of the linear layers that it is for. */
export interface ShapedLora {
  readonly state: LoraState;
  /** By module: the weight's shape [out, in]. */
  readonly modules: ReadonlyMap<string, readonly [number, number]>;
  /** Whether modules have other names than before: layers were left out. */
  readonly moved: boolean;
}

/**
 * The adapter of a model in the form in which the model is written: B follows the rows, A the columns of the weight, and
 * modules move with their layers.
 */
export const padLora = ({ lora, source }: LiveModel, { tensors }: WrittenShape): ShapedLora => {
  const specs = new Map<string, LoraSpec>();
  const arrays = new Map<string, Float32Array>();
  const modules = new Map<string, readonly [number, number]>();
  for (const { name, source: former = name, shape, axes } of tensors) {
    const spec = lora.specs.get(moduleOf(former));
    if (!spec || !former.endsWith('.weight')) continue;
    const [out, into] = source.tensors.get(former)!.shape as [number, number];
    const [rows, columns] = axes ?? [];
    const [before, after] = [loraNames(moduleOf(former)), loraNames(moduleOf(name))];
    const lay = (
      factor: 'a' | 'b',
      from: Shape,
      to: Shape,
      maps: Parameters<typeof scatterTensor>[3],
    ): void =>
      void arrays.set(after[factor], scatterTensor(lora.arrays.get(before[factor])!, from, to, maps));
    lay('a', [spec.rank, into], [spec.rank, shape[1]!], [undefined, columns]);
    lay('b', [out, spec.rank], [shape[0]!, spec.rank], [rows, undefined]);
    specs.set(moduleOf(name), spec);
    modules.set(moduleOf(name), shape as [number, number]);
  }
  return {
    state: { specs, arrays },
    modules,
    moved: tensors.some(({ name, source = name }) => name !== source),
  };
};
