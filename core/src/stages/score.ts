import type { Sequence, SourceData } from '../data/sequence.js';
import { type RemovalGroup, type SaliencyMap, type Selection, unitsLeft } from '../domain/removal-group.js';
import { SecateurError } from '../errors.js';
import { cutGroups } from '../graph/cut-groups.js';
import type { LiveModel } from '../model/live-model.js';
import type { SaliencyScorer, SignalName, Signals } from '../ports/saliency.js';
import type { RunContext } from '../run-context.js';
import { collectSignals } from '../signals/collect.js';
import type { Subject } from '../signals/collector.js';
import { type Gates, gatesLeft } from '../training/loss-meter.js';
import { severalAtOnce } from './several-at-once.js';

/** Groups that are scored at once, at most: each may hold matrices of the size of its weights. */
const AT_ONCE = 4;

/**
 * Scores all groups with one scorer, on calibration data where it asks for any, and checks what comes back.
 * @param cut units that `model` lacks. Groups, gates and scores are those of the whole model: these have the score 0
 */
export const scoreGroups = async (
  run: RunContext,
  scorer: SaliencyScorer,
  model: LiveModel,
  groups: readonly RemovalGroup[],
  sequences: readonly Sequence[],
  gates?: Gates,
  cut: Selection = new Map(),
): Promise<SaliencyMap> => {
  const own = cutGroups(groups, cut, param => model.source.tensors.get(param)!.shape);
  const left = new Map(groups.map(group => [group.id, unitsLeft(group, cut)]));
  const signals = await signalsOf(
    run,
    { model, groups: own, sequences },
    scorer.needs ?? [],
    gates && gatesLeft(gates, groups, cut),
  );
  const scores = new Map<string, Float32Array>();
  for (const { id, units } of groups) scores.set(id, new Float32Array(units));
  let done = 0;
  await severalAtOnce(own, Math.min(run.engine.info().threads, AT_ONCE), run.signal, async (group, stop) => {
    const units = left.get(group.id)!;
    const found = checked(await scorer.score(group, signals, stop), group, units);
    const whole = scores.get(group.id)!;
    for (const [at, unit] of units.entries()) whole[unit] = found[at]!;
    run.progress(++done, own.length, 'groups', group.id);
  });
  return run.hooks.saliency.promise(scores, run);
};

/** Collects signals as the run is configured, and tells how far it is. */
export const signalsOf = (
  run: RunContext,
  subject: Subject,
  needs: readonly SignalName[],
  gates?: Gates,
): Promise<Signals> =>
  collectSignals({
    ...subject,
    passes: run.passes,
    needs: new Set(needs),
    batch: run.config.train.microBatch,
    rng: run.rng.fork('saliency'),
    recompute: run.config.train.recompute,
    signal: run.signal,
    onProgress: (done, total, place = 'calibration') => run.progress(done, total, 'batches', place),
    ...(gates ? { gates } : {}),
  });

/** @param numbers of the units in the whole model, for the message */
const checked = (scores: unknown, group: RemovalGroup, numbers: readonly number[]): Float32Array => {
  const found = faultOf(scores, numbers);
  if (found === undefined) return scores as Float32Array;
  throw new SecateurError(
    'E_SALIENCY',
    `the scorer gave ${found} for ${group.id}, expected ${group.units} finite numbers in a Float32Array`,
    { hint: 'return one score per unit, higher = keep' },
  );
};

/** What is wrong with what a scorer returned. */
const faultOf = (scores: unknown, numbers: readonly number[]): string | undefined => {
  if (!(scores instanceof Float32Array)) return Array.isArray(scores) ? 'a plain array' : `${scores}`;
  if (scores.length !== numbers.length) return `${scores.length} scores`;
  const unit = scores.findIndex(score => !Number.isFinite(score));
  return unit === -1 ? undefined : `the score ${scores[unit]} for unit ${numbers[unit]}`;
};

/** Calibration sequences: seeded, alike from every source, since what is to be kept must be measured. */
export const calibrationSet = (
  run: RunContext,
  sources: readonly SourceData[],
  from: 'train' | 'tuning',
): Sequence[] => {
  const each = Math.max(1, Math.ceil(run.config.calibration.sequences / sources.length));
  return sources.flatMap(source => {
    const pool = source[from];
    const order = run.rng.fork(`calibration/${from}/${source.name}`).permutation(pool.length);
    return [...order.subarray(0, each)].map(index => pool[index]!);
  });
};
