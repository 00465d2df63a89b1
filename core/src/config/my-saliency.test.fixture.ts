import { definePlugin, SaliencyScorer } from '@secateur/core';

/** Mean |W + BA| of each removable unit, over every tensor that would lose it. */
export default definePlugin('my-saliency', api => {
  api.provide(SaliencyScorer, 'mean-abs', {
    async score(group, signals) {
      const scores = new Float32Array(group.units);
      for (const member of group.members) {
        const weights = await signals.effective(member.param);
        weights.forEachUnit(member, (unit, slice) => {
          scores[unit]! += slice.reduce((sum, w) => sum + Math.abs(w), 0) / slice.length;
        });
      }
      return scores;
    },
  });
});
