import type { ModelConfig } from '@secateur/core';
import { readArchitecture, WINDOWS_FROM } from './architecture.js';

/**
 * config.json of a model that keeps only some of its layers: everything that counts layers is written anew, since a
 * list of the former length is refused by some runtimes and read wrongly by others.
 * @param kept numbers of the layers that stay, ascending
 */
export const keepLayers = (config: ModelConfig, kept: readonly number[]): ModelConfig => {
  const former = readArchitecture(config).layers.length;
  if (kept.some((layer, i) => !Number.isInteger(layer) || layer >= former || layer <= (kept[i - 1] ?? -1)))
    throw new Error(`layers ${kept.join(', ')} are no ascending choice of ${former}`);
  const { layer_types: types, max_window_layers: full, per_layer_config: table } = config;
  return {
    ...config,
    num_hidden_layers: kept.length,
    ...(Array.isArray(types) ? { layer_types: kept.map(layer => types[layer]) } : {}),
    // Layers from this number on have a sliding window: it counts those before.
    ...(typeof full === 'number' || config.use_sliding_window === true
      ? { max_window_layers: kept.filter(layer => layer < Number(full ?? WINDOWS_FROM)).length }
      : {}),
    ...(table === undefined || table === null ? {} : { per_layer_config: renumber(table, kept) }),
  };
};

const renumber = (table: object, kept: readonly number[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(table).flatMap(([layer, own]) => {
      const now = kept.indexOf(Number(layer));
      return now === -1 ? [] : [[String(now), own] as const];
    }),
  );
