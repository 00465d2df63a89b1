import { definePlugin, SaliencyScorer } from '@secateur/core';
import { uniformScores } from './random.js';

/** Lots, drawn for each group from a stream of its own: what other groups there are does not move them. */
export const randomScorer: SaliencyScorer = {
  score: (group, signals) => uniformScores(signals.rng.fork(group.id), group.units),
};

export default definePlugin('saliency-random', api => {
  api.provide(SaliencyScorer, 'random', randomScorer, 'lots: the baseline of every comparison');
});
