import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { LiveModel, type LoraState, type Selection } from '@secateur/core';
import { cutShape, cutsOf, cutTensor, loraNames } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';

const format = createHuggingFaceFormat();

/** Opens a model folder with an adapter that is in memory. */
export const openWritten = async (
  folder: string,
  lora: LoraState = { specs: new Map(), arrays: new Map() },
): Promise<LiveModel> => {
  const { config, tensors } = await format.open(folder);
  return new LiveModel({ config, tensors, tracer: llamaTracer, format }, lora);
};

/**
 * Other numbers of KV heads, of query heads per KV head and of channels in every layer: the even layers lose a KV head
 * (where there is one to spare), the odd ones a query head of each.
 */
export const unevenUnits = (model: LiveModel): Selection =>
  new Map(
    model.groups.flatMap(({ id, kind, layer = 0, units, unprunable }) => {
      if (unprunable !== undefined || units === 1) return [];
      if (kind === 'channel') return [[id, [...Array(2 + 3 * (layer % 2)).keys()]] as const];
      const wanted = layer % 2 === 0 ? 'kv-head' : 'query-head';
      return kind === wanted ? [[id, [1]] as const] : [];
    }),
  );

/** The model without those units, written to a folder and opened again. Its adapter is cut beside it. */
export const cutUnits = async (model: LiveModel, removed: Selection, folder: string): Promise<LiveModel> => {
  const { config, tensors } = model.source;
  const cuts = cutsOf(removed, model.groups);
  const layout = [...tensors].map(([name, ref]) => ({ name, shape: cutShape(ref.shape, cuts.get(name)) }));
  await format.write(
    folder,
    llamaTracer.resize(config, new Map(layout.map(({ name, shape }) => [name, shape]))),
    layout,
    async name => cutTensor(await model.weight(name), tensors.get(name)!.shape, cuts.get(name)),
  );
  const arrays = [...model.lora.specs].flatMap(([module, { rank }]) => {
    const [out, into] = tensors.get(`${module}.weight`)!.shape as [number, number];
    const { a, b } = loraNames(module);
    const cut = (name: string, shape: readonly number[]) =>
      [name, cutTensor(model.lora.arrays.get(name)!, shape, cuts.get(name))] as const;
    return [cut(a, [rank, into]), cut(b, [out, rank])];
  });
  return openWritten(folder, { specs: model.lora.specs, arrays: new Map(arrays) });
};

export const cutUnevenly = (model: LiveModel, folder: string): Promise<LiveModel> =>
  cutUnits(model, unevenUnits(model), folder);
