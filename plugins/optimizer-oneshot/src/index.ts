import { definePlugin, PruneOptimizer } from '@secateur/core';

/** Rank once, cut once, train nothing: the optimizer of WANDA, magnitude and their kin. */
export const oneshot: PruneOptimizer = {
  trains: false,
  async prune({ model, quota, score, select }) {
    const removed = await select(await score(model), quota);
    return { removed, model, tokens: 0, losses: [] };
  },
};

export default definePlugin('optimizer-oneshot', api => {
  api.provide(PruneOptimizer, 'oneshot', oneshot, 'rank once, cut once');
});
