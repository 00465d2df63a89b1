import { definePlugin } from '@secateur/core';
import { z } from 'zod';
import { layersAtTheEnds } from './ends.js';

export { layersAtTheEnds } from './ends.js';

const count = z.number().min(0).default(0);

const schema = z.strictObject({
  /** Layers at the beginning that are not pruned: a share of all below 1, rounded down, or a number of layers. */
  first: count,
  /** The same at the end. */
  last: count,
});

/** Layers at both ends are left alone, as LLM-Pruner and LoRAPrune do. With its defaults it protects nothing. */
export default definePlugin(
  'protect-layers',
  (api, { first, last }) => {
    let kept: ReadonlySet<number> = new Set();
    api.hooks.groups.tap(groups => {
      const layers = [...new Set(groups.flatMap(({ layer }) => layer ?? []))].sort((a, b) => a - b);
      kept = new Set(layersAtTheEnds(layers, first, last));
      return undefined;
    });
    api.hooks.prunable.tap(({ layer }) => (layer !== undefined && kept.has(layer) ? false : undefined));
  },
  schema,
);
