import type { Selection } from '../domain/removal-group.js';
import type { Checkpoint } from '../ports/checkpoint.js';
import { arrayCuts, mapArrays } from './array-cuts.js';
import { LiveModel, type ModelSource } from './live-model.js';
import { type LoraState, onlyModules } from './lora-state.js';

/** A cut model and the folder that its base weights lie in. */
export interface CutModel {
  /** No weight is `changed` any more: what a method had changed is in the folder. */
  readonly model: LiveModel;
  readonly checkpoint: Checkpoint;
}

/**
 * A model without the removed units, and without the norms and biases of parts that lose all of theirs (the numbers of
 * layers stay): base weights are written to `folder` and opened again, the adapter is cut in
 * memory. One tensor at a time is held. The folder holds float32, or the half type that all weights have where none was
 * changed: no bit of what stays is lost.
 * @param counting is told how many tensors there are, and what it returns the name of each before it is written
 */
export const cutModel = async (
  model: LiveModel,
  removed: Selection,
  folder: string,
  counting: (total: number) => (name: string) => void = () => () => {},
): Promise<CutModel> => {
  const { source } = model;
  const { layout: all, cut } = arrayCuts(model, removed);
  const config = source.tracer.resize(source.config, new Map(all.map(({ name, shape }) => [name, shape])));
  const isGone = source.tracer.gone?.(config);
  const layout = isGone ? all.filter(({ name }) => !isGone(name)) : all;
  const onTensor = counting(layout.length);
  await source.format.write(
    folder,
    config,
    layout,
    async name => {
      onTensor(name);
      return cut(name, await model.weight(name));
    },
    { dtype: exactType(model, layout) },
  );
  return openCut(source, folder, { specs: model.lora.specs, arrays: mapArrays(model.lora.arrays, cut) });
};

/** Opens what `cutModel` has written, with what its modules have of the adapter. */
export const openCut = async (source: ModelSource, folder: string, lora: LoraState): Promise<CutModel> => {
  const checkpoint = await source.format.open(folder);
  const { config, tensors } = checkpoint;
  const left = onlyModules(lora, module => tensors.has(`${module}.weight`));
  return { model: new LiveModel({ ...source, config, tensors }, left), checkpoint };
};

const exactType = (
  { source, changed }: LiveModel,
  layout: readonly { readonly name: string }[],
): 'F32' | 'F16' | 'BF16' => {
  const [only, ...others] = new Set(layout.map(({ name }) => source.tensors.get(name)!.dtype));
  const isHalf = only === 'F16' || only === 'BF16';
  return isHalf && others.length === 0 && changed.size === 0 ? only : 'F32';
};
