import type { ResolvedConfig } from '../config/schema.js';
import { loraNames } from '../graph/attach-lora.js';
import { type Shape, sizeOf } from '../graph/graph.js';
import { scatterTensor } from '../graph/scatter.js';
import type { ModelConfig, WriteOptions } from '../ports/checkpoint.js';
import type { LayerSizes, OwnCode, ShapedModel, TensorPlacement } from '../ports/tracer.js';
import type { LiveModel, ModelSource } from './live-model.js';
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
 * The form in which a model is written. Layers that stock code builds need no padding and no code of their own,
 * whatever was asked for.
 */
export const writtenShape = (
  { config, tensors, tracer }: ModelSource,
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
      const { shape, axes } = placements.get(name)!;
      if (!axes) return new Float32Array(sizeOf(shape));
      const data = await (merge ? model.merged(name) : model.weight(name));
      return scatterTensor(data, model.source.tensors.get(name)!.shape, shape, axes);
    },
    { ...options, companions: [...companions, ...files] },
  );

/** An adapter, with the shapes of the linear layers that it is for. */
export interface ShapedLora {
  readonly state: LoraState;
  /** By module: the weight's shape [out, in]. */
  readonly modules: ReadonlyMap<string, readonly [number, number]>;
}

/** The adapter of a model in the form in which the model is written: B follows the rows, A the columns of the weight. */
export const padLora = ({ lora, source }: LiveModel, { placements }: WrittenShape): ShapedLora => {
  const arrays = new Map<string, Float32Array>();
  const modules = new Map<string, readonly [number, number]>();
  for (const [module, { rank }] of lora.specs) {
    const [out, into] = source.tensors.get(`${module}.weight`)!.shape as [number, number];
    const { shape, axes } = placements.get(`${module}.weight`)!;
    const [rows, columns] = axes ?? [];
    const { a, b } = loraNames(module);
    const lay = (name: string, from: Shape, to: Shape, maps: Parameters<typeof scatterTensor>[3]): void =>
      void arrays.set(name, scatterTensor(lora.arrays.get(name)!, from, to, maps));
    lay(a, [rank, into], [rank, shape[1]!], [undefined, columns]);
    lay(b, [out, rank], [shape[0]!, rank], [rows, undefined]);
    modules.set(module, shape as [number, number]);
  }
  return { state: { specs: lora.specs, arrays }, modules };
};
