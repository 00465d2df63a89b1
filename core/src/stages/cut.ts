import { hasDocuments, inputFeeds, type Sequence } from '../data/sequence.js';
import type { Selection } from '../domain/removal-group.js';
import { isSecateurError, SecateurError } from '../errors.js';
import { insertGates } from '../graph/insert-gates.js';
import { cutModel, openCut } from '../model/cut-model.js';
import { withoutEmptiedBiases } from '../model/emptied.js';
import type { LiveModel } from '../model/live-model.js';
import type { LoraState } from '../model/lora-state.js';
import { logitsOf } from '../passes/logits-of.js';
import type { PruneOutcome } from '../ports/prune-optimizer.js';
import { Repair } from '../ports/repair.js';
import type { RunContext } from '../run-context.js';
import type { Session } from '../session.js';
import { gateFeeds, gatesWithout } from '../training/loss-meter.js';
import { countTensors } from './count-tensors.js';
import type { Loaded } from './load.js';
import { prefixed, withPrefix } from './prune.js';
import { repairTask } from './repair.js';
import { calibrationSet } from './score.js';
import type { Stage } from './stage.js';

export interface CutInput {
  readonly loaded: Loaded;
  readonly outcome: PruneOutcome;
}

export interface Cut {
  /** The compact model: base weights in the run's folder, the sliced adapter in memory. */
  readonly model: LiveModel;
  /** sha256 (hex) of the base model as it was written. */
  readonly hash: string;
  /** Largest absolute difference of logits between closed gates and the cut model. */
  readonly maskedVsCompact: number;
}

/**
 * Cuts the removed units out of base weights and adapter, writes the compact base model, and compares the two. Where a
 * repair is chosen, survivors take over before, unless they have while the units faded.
 */
export const cut = (session: Session): Stage<CutInput, Cut> => ({
  name: 'cut',
  title: 'Cut out what is removed',
  async run(run, { loaded, outcome }) {
    const { removed } = outcome;
    const repaired = await repairedModel(session, run, loaded, outcome);
    const masked = withoutEmptiedBiases(await run.hooks.cut.promise(repaired, { removed }, run), removed);
    const { model, checkpoint } = await cutModel(masked, removed, compactFolder(run), total =>
      countTensors(run, total),
    );
    const maskedVsCompact = await compare(run, masked, model, removed, loaded.sources[0]!.validation);
    return { model, hash: await checkpoint.hash(), maskedVsCompact };
  },
  pack: ({ model, hash, maskedVsCompact }) => ({
    json: { hash, maskedVsCompact },
    tensors: prefixed('lora', model.lora.arrays),
  }),
  async unpack(run, { loaded, outcome }, { json, tensors }) {
    const lora = { specs: outcome.model.lora.specs, arrays: withPrefix('lora', tensors) };
    const saved = json as Omit<Cut, 'model'>;
    const { model, hash } = await reopen(run, loaded, lora).catch(cause => {
      throw isSecateurError(cause) ? damaged(cause.message.replace(/\.$/, ''), cause) : cause;
    });
    if (hash !== saved.hash) throw damaged('its bytes are not those that were written');
    return { model, ...saved };
  },
});

/** Behind gates that a fade has closed, nothing is missing any more: a second repair would add it twice. */
const repairedModel = async (
  session: Session,
  run: RunContext,
  { sources }: Loaded,
  { model, removed, repaired = false }: PruneOutcome,
): Promise<LiveModel> => {
  const repair = repaired ? undefined : session.optional(Repair);
  return (
    repair?.repair(
      repairTask(run, calibrationSet(run, sources, 'train'), { model, groups: model.groups, removed }),
    ) ?? model
  );
};

const damaged = (found: string, cause?: unknown): SecateurError =>
  new SecateurError('E_RESUME', `The cut model of the run is damaged: ${found}.`, {
    hint: 'Start the run anew with --force.',
    cause,
  });

const compactFolder = (run: RunContext): string => run.store.path('checkpoints', 'compact');

const reopen = async (
  run: RunContext,
  { model: { source } }: Loaded,
  lora: LoraState,
): Promise<{ readonly model: LiveModel; readonly hash: string }> => {
  const { model, checkpoint } = await openCut(source, compactFolder(run), lora);
  return { model, hash: await checkpoint.hash() };
};

/** The proof of the cut: logits with closed gates against logits of the compact model. */
const compare = async (
  run: RunContext,
  masked: LiveModel,
  compact: LiveModel,
  removed: Selection,
  sequences: readonly Sequence[],
): Promise<number> => {
  const rows = sequences.slice(0, 2);
  const shape = { batch: rows.length, sequence: rows[0]!.ids.length, documents: hasDocuments(rows) };
  const groups = masked.groups.filter(group => removed.get(group.id)?.length);
  const closed = await logitsOf(run, masked, insertGates(masked.graph(shape), groups, shape.batch), {
    ...inputFeeds(rows, shape),
    ...gateFeeds(groups, gatesWithout(groups, removed), shape.batch),
  });
  const cut = await logitsOf(run, compact, compact.graph(shape), inputFeeds(rows, shape));
  return largestDifference(closed, cut);
};

/** @throws SecateurError E_NUMERICS when one of them is not finite */
export const largestDifference = (a: Float32Array, b: Float32Array): number => {
  const difference = a.reduce((max, x, i) => Math.max(max, Math.abs(x - b[i]!)), 0);
  if (!Number.isFinite(difference) || a.length !== b.length)
    throw new SecateurError('E_NUMERICS', 'the logits of the cut model are not finite numbers', {
      hint: 'lower train.learningRate, or prune less',
    });
  return difference;
};
