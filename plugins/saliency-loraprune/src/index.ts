import { definePlugin, SaliencyScorer, SecateurError, unitWeights } from '@secateur/core';
import { loraImportance, ofLengthOne } from './loraprune.js';

export { loraImportance, ofLengthOne } from './loraprune.js';

/** LoRAPrune: first-order Taylor by LoRA's gradients, over the rows that make a unit and the columns that read it. */
export const lorapruneScorer: SaliencyScorer = {
  needs: ['loraGradient'],
  async score(group, signals) {
    const scores = new Float64Array(group.units);
    let adapted = 0;
    for (const member of group.members) {
      const lora = signals.loraGradient(member.param);
      if (!lora) continue;
      adapted++;
      const { data, shape } = await signals.effective(member.param);
      const importance = loraImportance(lora, data, shape as [number, number]);
      const own = new Float64Array(group.units);
      unitWeights(shape, importance).forEachUnit(member, (unit, slice) => {
        for (const value of slice) own[unit]! += value;
      });
      for (const [unit, score] of ofLengthOne(own).entries()) scores[unit]! += score;
    }
    if (adapted === 0)
      throw new SecateurError(
        'E_SALIENCY',
        `loraprune scores by the gradients of a LoRA, but no weight of ${group.id} has one`,
        {
          hint: "leave train.targets at 'all-linear', take an adapter for these layers, or choose another scorer",
        },
      );
    return Float32Array.from(scores);
  },
};

export default definePlugin('saliency-loraprune', api => {
  api.provide(SaliencyScorer, 'loraprune', lorapruneScorer, "first-order Taylor by LoRA's gradients");
});
