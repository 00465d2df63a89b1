import type { Rng } from '@secateur/core';
import type { Counts } from './moves.js';

export interface SearchTask {
  readonly start: Counts;
  readonly generations: number;
  /** Mutants of a generation. */
  readonly offspring: number;
  /** Those of a generation that are evaluated in full, when all of it were looked at before. */
  readonly finalists: number;
  readonly rng: Rng;
  mutant(counts: Counts, rng: Rng): Counts;
  /** Loss; lower is better. What is not a number never wins. */
  evaluate(counts: Counts): Promise<number>;
  /** A cheaper estimate of it; undefined: every mutant is evaluated. */
  readonly look: ((counts: Counts) => Promise<number>) | undefined;
  /** After each evaluation, and at the end of a generation, which may have fewer mutants than it should. */
  onProgress(done: number, total: number, loss: number): void;
}

export interface Found {
  readonly counts: Counts;
  readonly loss: number;
  /** Loss of the start. */
  readonly before: number;
}

/** Draws of a mutant that was there before, before a generation does without. */
const draws = 8;

/**
 * A (1 + offspring) evolution: mutants of the best so far, and the best of all goes on, so that the loss never rises.
 * Nothing is evaluated twice.
 */
export const search = async (task: SearchTask): Promise<Found> => {
  const { start, generations, offspring, finalists, rng, look } = task;
  const perGeneration = look ? offspring + Math.min(finalists, offspring) : offspring;
  const total = 1 + generations * perGeneration;
  const before = await task.evaluate(start);
  let best = { counts: start, loss: before };
  const seen = new Set([String(start)]);
  let done = 0;
  const tell = (evaluations: number): void => {
    done = evaluations;
    task.onProgress(done, total, best.loss);
  };
  tell(1);
  for (let generation = 0; generation < generations; generation++) {
    const stream = rng.fork(generation);
    const fresh: Counts[] = [];
    for (let i = 0; i < offspring; i++) {
      const mutant = newMutant(task, best.counts, stream.fork(i), seen);
      if (mutant) fresh.push(mutant);
    }
    let mutants: readonly Counts[] = fresh;
    if (look && fresh.length > finalists) {
      const seenAt: { counts: Counts; loss: number }[] = [];
      for (const counts of fresh) {
        seenAt.push({ counts, loss: await look(counts) });
        tell(done + 1);
      }
      mutants = seenAt
        .sort((a, b) => rank(a.loss) - rank(b.loss))
        .slice(0, finalists)
        .map(({ counts }) => counts);
    }
    for (const counts of mutants) {
      const loss = await task.evaluate(counts);
      if (rank(loss) < rank(best.loss)) best = { counts, loss };
      tell(done + 1);
    }
    tell(1 + (generation + 1) * perGeneration);
  }
  return { ...best, before };
};

const newMutant = (
  { mutant }: SearchTask,
  parent: Counts,
  rng: Rng,
  seen: Set<string>,
): Counts | undefined => {
  for (let draw = 0; draw < draws; draw++) {
    const counts = mutant(parent, rng);
    const key = String(counts);
    if (seen.has(key)) continue;
    seen.add(key);
    return counts;
  }
  return undefined;
};

const rank = (loss: number): number => (Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss);
