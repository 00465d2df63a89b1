import { definePlugin, SaliencyScorer } from '@secateur/core';
import { indicesOfUnit } from '@secateur/core/graph';
import { wandaColumns } from './wanda.js';

export { wandaColumns } from './wanda.js';

/** Structured WANDA: the columns of o_proj and down_proj that read a unit, summed over the unit. */
export const wandaScorer: SaliencyScorer = {
  needs: ['inputNorms'],
  async score(group, signals) {
    const scores = new Float32Array(group.units);
    for (const { param, layout, side, dimension } of group.members) {
      if (side !== 'consumer') continue;
      const weight = await signals.effective(param);
      const columns = wandaColumns(weight.data, weight.shape as [number, number], signals.inputNorms(param));
      for (let unit = 0; unit < group.units; unit++)
        for (const column of indicesOfUnit(layout, dimension, unit)) scores[unit]! += columns[column]!;
    }
    return scores;
  },
};

export default definePlugin('saliency-wanda', api => {
  api.provide(SaliencyScorer, 'wanda', wandaScorer, 'weights times norms of their inputs');
});
