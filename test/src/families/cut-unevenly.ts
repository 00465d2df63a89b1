import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { cutModel, LiveModel, type LoraState, type Selection } from '@secateur/core';
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

/** All units of those layers. One KV head is no dimension: then its query heads go. */
export const wholeLayers = ({ groups }: LiveModel, layers: readonly number[]): Selection => {
  const heads = groups.some(({ kind }) => kind === 'kv-head') ? 'kv-head' : 'query-head';
  return new Map(
    groups
      .filter(({ kind, layer }) => layers.includes(layer!) && (kind === heads || kind === 'channel'))
      .map(({ id, units }) => [id, [...Array(units).keys()]] as const),
  );
};

/** The model without those units, written to a folder and opened again. Its adapter is cut beside it. */
export const cutUnits = async (model: LiveModel, removed: Selection, folder: string): Promise<LiveModel> =>
  (await cutModel(model, removed, folder)).model;

export const cutUnevenly = (model: LiveModel, folder: string): Promise<LiveModel> =>
  cutUnits(model, unevenUnits(model), folder);
