import { Allocation, allowedCounts, definePlugin, notAlike, selectCounts, selectUnits } from '@secateur/core';
import { z } from 'zod';
import { type Counts, costOfCounts, Moves, type Slot } from './moves.js';
import { search } from './search.js';

const schema = z.strictObject({
  /** Generations; each is made of mutants of the best so far. */
  generations: z.int().min(0).default(12),
  /** Mutants of a generation. */
  offspring: z.int().min(1).default(8),
  /** Share of the calibration sequences on which all mutants are looked at first; 1: all are measured on all. */
  look: z.number().gt(0).max(1).default(0.25),
  /** Mutants of a generation that are then measured on all. */
  finalists: z.int().min(1).default(2),
});

/**
 * Searches for the spread with the least loss on calibration text. It starts from what `prune.ranking` takes of each
 * group and moves levels, a sixteenth of a group's units, between random pairs of groups, so that the budget stays as
 * it is; of a generation's mutants and their parent the best goes on.
 */
export const bySearch = ({
  generations,
  offspring,
  look,
  finalists,
}: z.output<typeof schema>): Allocation => ({
  check({ export: { shape } }) {
    if (shape === 'uniform') throw notAlike('search');
  },
  async allocate(task) {
    const { run, groups, saliency, quota, limits, already } = task;
    if (limits.alike) throw notAlike('search');
    const chosen = selectUnits(saliency, groups, quota, limits, already);
    const slots = groups.map(
      (group): Slot => ({ group, counts: allowedCounts(group, already.get(group.id)?.length ?? 0, limits) }),
    );
    const start = groups.map(({ id }) => chosen.get(id)?.length ?? 0);
    const moves = new Moves(slots, limits, quota, start);
    const named = (counts: Counts) => new Map(groups.map(({ id }, i) => [id, counts[i]!] as const));
    const loss = (counts: Counts, sequences: number): Promise<number> => {
      run.signal.throwIfAborted();
      return task.loss(selectCounts(saliency, groups, named(counts), already), sequences);
    };
    // Whole batches: a part of one costs as much.
    const { microBatch } = run.config.train;
    const few = Math.ceil((look * task.sequences) / microBatch) * microBatch;
    const found = await search({
      start,
      generations,
      offspring,
      finalists,
      // Each period of a method that allocates several times has its own.
      rng: run.rng.fork('allocation-search').fork(Math.round(costOfCounts(slots, start))),
      mutant: (counts, rng) => moves.mutant(counts, rng),
      evaluate: counts => loss(counts, task.sequences),
      look: few < task.sequences ? counts => loss(counts, few) : undefined,
      onProgress: (done, total, best) =>
        run.progress(done, total, 'evaluations', `loss ${best.toFixed(4)}, ${total - done} left`),
    });
    run.log(
      'info',
      `the allocation found by search has a calibration loss of ${found.loss.toFixed(4)}, that of prune.ranking ${found.before.toFixed(4)}`,
    );
    return named(found.counts);
  },
});

export default definePlugin(
  'allocation-search',
  (api, options) => {
    api.provide(Allocation, 'search', bySearch(options), 'a search on the calibration loss');
  },
  schema,
);
