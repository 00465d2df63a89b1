import { definePlugin, SaliencyScorer, SecateurError } from '@secateur/core';
import { influenceScores } from './influence.js';

/** Block influence: whole layers, the least influential first. */
export const blockInfluenceScorer: SaliencyScorer = {
  needs: ['blockSimilarity'],
  score(group, signals) {
    if (group.layer === undefined)
      throw new SecateurError(
        'E_SALIENCY',
        `block-influence scores layers, but ${group.id} lies in none of them`,
        { hint: 'leave its kind out of prune.kinds, or choose another scorer' },
      );
    return influenceScores(signals.blockSimilarity(group.layer), group);
  },
};

export default definePlugin('saliency-block-influence', api => {
  api.provide(
    SaliencyScorer,
    'block-influence',
    blockInfluenceScorer,
    'whole layers, by how far they turn their hidden states',
  );
});
