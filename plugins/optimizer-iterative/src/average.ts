import type { SaliencyMap, Selection } from '@secateur/core';

/** Moving averages by group id, each [units]. */
export type Averages = ReadonlyMap<string, Float64Array>;

/**
 * Ī ← decay · Ī + (1 − decay) · I, from zero: all units have as many scores, so that no correction would change their
 * order. Units that are gone keep none.
 */
export const averageScores = (
  former: Averages,
  scores: SaliencyMap,
  decay: number,
  removed: Selection,
): Averages =>
  new Map(
    [...scores].map(([id, now]) => {
      const old = former.get(id);
      const average = Float64Array.from(now, (score, u) => decay * (old?.[u] ?? 0) + (1 - decay) * score);
      for (const unit of removed.get(id) ?? []) average[unit] = 0;
      return [id, average];
    }),
  );

/** Averages as scores. */
export const asScores = (averages: Averages): SaliencyMap =>
  new Map([...averages].map(([id, average]) => [id, Float32Array.from(average)]));
