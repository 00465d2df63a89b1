import { PruneOptimizer, type Resolved } from '@secateur/core';
import { withSession } from '../open.js';

/** What a method takes out: units, which leaves a smaller dense model, or single weights, which leaves zeros. */
export type Removes = 'units' | 'weights';

/**
 * What the optimizer of a preset takes out. One that says nothing of it removes units.
 * @throws SecateurError E_UNKNOWN_PLUGIN where no optimizer is chosen, and what a plugin has wrong
 */
export const removesOf = (own: Resolved): Promise<Removes> =>
  withSession(own, async session => {
    const { removes = 'units' } = session.active(PruneOptimizer);
    return removes;
  });
