import { SecateurError } from '../errors.js';
import type { LoraSpec } from '../graph/attach-lora.js';
import { LiveModel } from '../model/live-model.js';
import type { LossPoint } from '../ports/prune-optimizer.js';
import { Recovery, type RecoveryOutcome, type RecoveryRound } from '../ports/recovery.js';
import { Sampler, type SourceState } from '../ports/sampler.js';
import type { Session } from '../session.js';
import type { Loaded } from './load.js';
import { batchesOf, prefixed, withPrefix } from './prune.js';
import type { Stage } from './stage.js';
import { trainingLoss } from './training-loss.js';

export interface RecoverInput {
  readonly loaded: Loaded;
  readonly model: LiveModel;
  /** Training tokens that pruning has left. */
  readonly tokens: number;
}

/** Gives back what was forgotten; skipped where no recovery is chosen. */
export const recover = (session: Session): Stage<RecoverInput, RecoveryOutcome> => ({
  name: 'recover',
  title: 'Recover what was forgotten',
  async run(run, { loaded, model, tokens }) {
    const recovery = session.optional(Recovery);
    if (!recovery || tokens <= 0) return { model, rounds: [], losses: [], tokens: 0 };
    const batches = batchesOf(run, loaded);
    return recovery.recover({
      run,
      model,
      sources: loaded.sources,
      dense: loaded.model,
      tokens,
      batches,
      loss: student => trainingLoss(session, student, loaded.model, batches.shape),
      mixture: async sources =>
        sharesOf(
          await run.hooks.mixture.promise(session.active(Sampler).weights(sources), { sources }, run),
          sources,
        ),
    });
  },
  pack: ({ model, rounds, losses, tokens }) => ({
    json: { rounds, losses, tokens, specs: [...model.lora.specs] },
    tensors: prefixed('lora', model.lora.arrays),
  }),
  async unpack(_run, { model }, { json, tensors }) {
    const { specs, ...rest } = json as {
      rounds: RecoveryRound[];
      losses: LossPoint[];
      tokens: number;
      specs: [string, LoraSpec][];
    };
    const lora = { specs: new Map(specs), arrays: withPrefix('lora', tensors) };
    return { model: new LiveModel(model.source, lora, model.changed), ...rest };
  },
});

/**
 * Weights as shares that sum to 1: what a round reads is counted by them.
 * @throws SecateurError E_NUMERICS when there is not one for each source, or they give no shares
 */
const sharesOf = (weights: readonly number[], sources: readonly SourceState[]): readonly number[] => {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (
    weights.length === sources.length &&
    weights.every(weight => weight >= 0) &&
    sum > 0 &&
    Number.isFinite(sum)
  )
    return weights.map(weight => weight / sum);
  throw new SecateurError(
    'E_NUMERICS',
    `the shares of ${sources.map(({ name }) => name).join(', ')} are [${weights.join(', ')}], expected a number of at least 0 for each, and one above`,
    { hint: 'check the sampler and what listens to the hook mixture' },
  );
};
