import type { Sequence } from '../data/sequence.js';
import type { RemovalGroup } from '../domain/removal-group.js';
import type { LiveModel } from '../model/live-model.js';
import { wholePasses } from '../passes/whole-passes.js';
import type { SignalName, Signals } from '../ports/saliency.js';
import { collectSignals } from '../signals/collect.js';
import { InterpreterEngine } from './interpreter-engine.js';

/** Signals of a model on some sequences, all in one batch, by the reference interpreter. */
export const signalsOn = (
  model: LiveModel,
  groups: readonly RemovalGroup[],
  needs: readonly SignalName[] = [],
  sequences: readonly Sequence[] = [],
): Promise<Signals> =>
  collectSignals({
    passes: wholePasses(new InterpreterEngine(ref => model.source.format.read(ref))),
    model,
    groups,
    needs: new Set(needs),
    sequences,
    batch: Math.max(1, sequences.length),
  });

/** A sequence that predicts each of these tokens but the first, and counts all of them. */
export const sequenceOf = (...tokens: readonly number[]): Sequence => ({
  ids: Int32Array.from(tokens.slice(0, -1)),
  targets: Int32Array.from(tokens.slice(1)),
  weights: new Float32Array(tokens.length - 1).fill(1),
  length: tokens.length - 1,
});
