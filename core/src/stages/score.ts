import type { Sequence, SourceData } from '../data/sequence.js';
import type { RemovalGroup, SaliencyMap } from '../domain/removal-group.js';
import { SecateurError } from '../errors.js';
import type { LiveModel } from '../model/live-model.js';
import type { SaliencyScorer } from '../ports/saliency.js';
import type { RunContext } from '../run-context.js';
import { collectSignals } from '../signals/collect.js';
import type { Gates } from '../training/loss-meter.js';

/** Scores all groups with one scorer, on calibration data where it asks for any, and checks what comes back. */
export const scoreGroups = async (
  run: RunContext,
  scorer: SaliencyScorer,
  model: LiveModel,
  groups: readonly RemovalGroup[],
  sequences: readonly Sequence[],
  gates?: Gates,
): Promise<SaliencyMap> => {
  const signals = await collectSignals({
    engine: run.engine,
    model,
    groups,
    needs: new Set(scorer.needs),
    sequences,
    batch: run.config.train.microBatch,
    signal: run.signal,
    onBatch: (done, total) => run.progress(done, total, 'sequences', 'calibration'),
    ...(gates ? { gates } : {}),
  });
  const scores = new Map<string, Float32Array>();
  for (const group of groups) scores.set(group.id, checked(await scorer.score(group, signals), group));
  return run.hooks.saliency.promise(scores, run);
};

const checked = (scores: unknown, group: RemovalGroup): Float32Array => {
  const found = faultOf(scores, group.units);
  if (found === undefined) return scores as Float32Array;
  throw new SecateurError(
    'E_SALIENCY',
    `the scorer gave ${found} for ${group.id}, expected ${group.units} finite numbers in a Float32Array`,
    { hint: 'return one score per unit, higher = keep' },
  );
};

/** What is wrong with what a scorer returned. */
const faultOf = (scores: unknown, units: number): string | undefined => {
  if (!(scores instanceof Float32Array)) return Array.isArray(scores) ? 'a plain array' : `${scores}`;
  if (scores.length !== units) return `${scores.length} scores`;
  const unit = scores.findIndex(score => !Number.isFinite(score));
  return unit === -1 ? undefined : `the score ${scores[unit]} for unit ${unit}`;
};

/** Calibration sequences: seeded, alike from every text source, or from instructions where there is no text. */
export const calibrationSet = (
  run: RunContext,
  sources: readonly SourceData[],
  from: 'train' | 'tuning',
): Sequence[] => {
  const text = sources.filter(source => source.kind === 'text');
  const chosen = text.length > 0 ? text : sources;
  const each = Math.max(1, Math.ceil(run.config.calibration.sequences / chosen.length));
  return chosen.flatMap(source => {
    const pool = source[from];
    const order = run.rng.fork(`calibration/${from}/${source.name}`).permutation(pool.length);
    return [...order.subarray(0, each)].map(index => pool[index]!);
  });
};
