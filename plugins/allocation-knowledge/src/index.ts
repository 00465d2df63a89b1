import {
  Allocation,
  allowedCounts,
  checkCapacity,
  definePlugin,
  notAlike,
  SecateurError,
} from '@secateur/core';
import { z } from 'zod';
import { weightsOf } from './fill.js';
import { spread } from './spread.js';

const schema = z.strictObject({
  /** How much less a group gives that deviates more; 0: all groups give the same share. */
  power: z.number().min(0).default(0.5),
  /** Whether each kind of unit gives its part of the budget, or all compete by their deviations. */
  kinds: z.enum(['apart', 'together']).default('apart'),
});

/**
 * Spreads the budget by the knowledge analysis: of a group whose loss rises more per parameter, a smaller share of the
 * units goes, share ∝ (deviation + ε)^(−power), to what limits and whole units allow.
 */
export const byKnowledge = ({ power, kinds }: z.output<typeof schema>): Allocation => ({
  check({ use, export: { shape } }) {
    if (use.knowledge === 'none') throw unknown('any group');
    if (shape === 'uniform') throw notAlike('knowledge');
  },
  async allocate({ groups, knowledge, quota, limits, already }) {
    if (limits.alike) throw notAlike('knowledge');
    checkCapacity(groups, quota, limits);
    const deviation = new Map(knowledge.rows.map(row => [row.group, row.perMillion]));
    const missing = groups.find(({ id }) => !deviation.has(id));
    if (missing) throw unknown(missing.id);
    const sorted = groups.map(group => ({ group, deviation: deviation.get(group.id)! }));
    const pools =
      kinds === 'together'
        ? [sorted]
        : [...new Set(groups.map(group => group.kind))].map(kind =>
            sorted.filter(({ group }) => group.kind === kind),
          );
    const slots = pools.flatMap(pool => {
      const weights = weightsOf(
        pool.map(entry => entry.deviation),
        power,
      );
      return pool.map(({ group }, i) => ({
        group,
        counts: allowedCounts(group, already.get(group.id)?.length ?? 0, limits),
        weight: weights[i]!,
      }));
    });
    return spread(slots, quota, kinds);
  },
});

const unknown = (what: string): SecateurError =>
  new SecateurError(
    'E_CONFIG_INVALID',
    `the allocation "knowledge" needs how much the loss deviates by each group, and there is nothing for ${what}`,
    { hint: "choose a knowledge analysis: use: { knowledge: 'ablation' }" },
  );

export default definePlugin(
  'allocation-knowledge',
  (api, options) => {
    api.provide(Allocation, 'knowledge', byKnowledge(options), 'by what each group knows');
  },
  schema,
);
