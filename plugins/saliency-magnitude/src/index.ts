import { definePlugin, SaliencyScorer } from '@secateur/core';
import { z } from 'zod';
import { type MagnitudeNorm, magnitudeOf, type NormSums } from './magnitude.js';

export { type MagnitudeNorm, magnitudeOf } from './magnitude.js';

const schema = z.strictObject({
  norm: z.enum(['l2', 'l1', 'average']).default('l2'),
});

/** Norm of all weights that a unit owns, the columns that read it included. */
export const magnitudeScorer = (norm: MagnitudeNorm): SaliencyScorer => ({
  async score(group, signals) {
    const sums: NormSums = {
      square: new Float64Array(group.units),
      absolute: new Float64Array(group.units),
      count: new Float64Array(group.units),
    };
    for (const member of group.members)
      (await signals.effective(member.param)).forEachUnit(member, (unit, slice) => {
        for (const w of slice) {
          sums.square[unit]! += w * w;
          sums.absolute[unit]! += Math.abs(w);
        }
        sums.count[unit]! += slice.length;
      });
    return magnitudeOf(sums, norm);
  },
});

export default definePlugin(
  'saliency-magnitude',
  (api, options) => {
    api.provide(SaliencyScorer, 'magnitude', magnitudeScorer(options.norm), 'norm of the weights');
  },
  schema,
);
