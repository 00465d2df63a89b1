import type { DroppedLayers, ModelConfig } from '@secateur/core';
import { readArchitecture } from './architecture.js';
import { keepLayers } from './kept-layers.js';
import { split } from './layer-parts.js';

/** The model without the layers that have neither attention nor MLP: they hand on what they are given. */
export const dropLayers = (config: ModelConfig, names: Iterable<string>): DroppedLayers | undefined => {
  const { layers } = readArchitecture(config);
  const numbers = [...layers.keys()];
  const kept = numbers.filter(i => layers[i]!.heads > 0 || layers[i]!.intermediate > 0);
  if (kept.length === layers.length || kept.length === 0) return undefined;
  const now = new Map(kept.map((layer, i) => [layer, i]));
  const dropped = numbers.filter(layer => !now.has(layer));
  const moved = [...names].flatMap(name => {
    const { layer, part } = split(name);
    if (layer === undefined) return [[name, name] as const];
    const number = now.get(Number(layer));
    return number === undefined ? [] : [[`model.layers.${number}.${part}`, name] as const];
  });
  return {
    config: keepLayers(config, kept),
    names: new Map(moved),
    notes: [
      `left out, since they have neither attention nor MLP: ${dropped.length === 1 ? 'layer' : 'layers'} ${dropped.join(', ')} of ${layers.length}; those behind move up`,
    ],
  };
};
