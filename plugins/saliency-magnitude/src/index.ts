import { definePlugin, SaliencyScorer } from '@secateur/core';
import { indicesOfUnit } from '@secateur/core/graph';
import { z } from 'zod';
import { columnNorms, type MagnitudeNorm, magnitudeOf, type NormSums } from './magnitude.js';

export { columnNorms, type MagnitudeNorm, magnitudeOf } from './magnitude.js';

const schema = z.strictObject({
  norm: z.enum(['l2', 'l1', 'average', 'columns']).default('l2'),
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

/** Sum of the norms of the columns that read a unit, and of nothing else. */
export const columnScorer: SaliencyScorer = {
  async score(group, signals) {
    const scores = new Float64Array(group.units);
    for (const { param, layout, side, dimension } of group.members) {
      if (side !== 'consumer') continue;
      const { data, shape } = await signals.effective(param);
      const norms = columnNorms(data, shape as [number, number]);
      for (let unit = 0; unit < group.units; unit++)
        for (const column of indicesOfUnit(layout, dimension, unit)) scores[unit]! += norms[column]!;
    }
    return Float32Array.from(scores);
  },
};

export default definePlugin(
  'saliency-magnitude',
  (api, { norm }) => {
    const scorer = norm === 'columns' ? columnScorer : magnitudeScorer(norm);
    api.provide(SaliencyScorer, 'magnitude', scorer, 'norm of the weights');
  },
  schema,
);
