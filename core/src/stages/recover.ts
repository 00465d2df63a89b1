import { LiveModel } from '../model/live-model.js';
import type { LossPoint } from '../ports/prune-optimizer.js';
import { Recovery, type RecoveryOutcome, type RecoveryRound } from '../ports/recovery.js';
import { Sampler } from '../ports/sampler.js';
import type { Session } from '../session.js';
import type { Loaded } from './load.js';
import { batchesOf, prefixed, withPrefix } from './prune.js';
import type { Stage } from './stage.js';

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
    return recovery.recover({
      run,
      model,
      sources: loaded.sources,
      dense: loaded.model,
      tokens,
      batches: batchesOf(run, loaded),
      mixture: async sources =>
        run.hooks.mixture.promise(session.active(Sampler).weights(sources), { sources }, run),
    });
  },
  pack: ({ model, rounds, losses, tokens }) => ({
    json: { rounds, losses, tokens },
    tensors: prefixed('lora', model.lora.arrays),
  }),
  async unpack(_run, { model }, { json, tensors }) {
    const rest = json as { rounds: RecoveryRound[]; losses: LossPoint[]; tokens: number };
    const lora = { specs: model.lora.specs, arrays: withPrefix('lora', tensors) };
    return { model: new LiveModel(model.source, lora, model.changed), ...rest };
  },
});
