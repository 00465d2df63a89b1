import { definePlugin, SaliencyScorer } from '@secateur/core';

/** Mean |W + s B A| of a unit's entries in each weight, summed over the weights. */
export default definePlugin('mean-abs', api => {
  api.provide(SaliencyScorer, 'mean-abs', {
    async score(group, signals) {
      const scores = new Float32Array(group.units);
      for (const member of group.members)
        (await signals.effective(member.param)).forEachUnit(member, (unit, slice) => {
          scores[unit]! += slice.reduce((sum, w) => sum + Math.abs(w), 0) / slice.length;
        });
      return scores;
    },
  });
});
