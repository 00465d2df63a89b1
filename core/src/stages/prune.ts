import { BatchStream } from '../data/batch-stream.js';
import { hasDocuments, type Sequence } from '../data/sequence.js';
import type { KnowledgeMap } from '../domain/knowledge.js';
import type { Selection } from '../domain/removal-group.js';
import { loraNames } from '../graph/attach-lora.js';
import { LiveModel } from '../model/live-model.js';
import type { LoraState } from '../model/lora-state.js';
import { withWeights } from '../model/written-weights.js';
import { Allocation, type AllocationTask } from '../ports/allocation.js';
import { type LossPoint, type Masked, PruneOptimizer, type PruneOutcome } from '../ports/prune-optimizer.js';
import { Repair } from '../ports/repair.js';
import { SaliencyScorer } from '../ports/saliency.js';
import type { RunContext } from '../run-context.js';
import { selectUnits } from '../selection/select.js';
import { selectCounts } from '../selection/select-counts.js';
import type { Session } from '../session.js';
import { gatesWithout, LossMeter } from '../training/loss-meter.js';
import { candidateGroups, limitsOf, quotaOf } from './candidates.js';
import type { Loaded } from './load.js';
import { checkAlike } from './model-shape.js';
import { repairFor } from './repair.js';
import { calibrationSet, scoreGroups } from './score.js';
import type { Stage } from './stage.js';
import { trainingLoss } from './training-loss.js';

export interface PruneInput {
  readonly loaded: Loaded;
  readonly knowledge: KnowledgeMap;
}

/** Training batches of a run: a function of the seed alone, so that every method reads the same text. */
export const batchesOf = (run: RunContext, { sources }: Loaded): BatchStream => {
  const { batch, sequence, microBatch } = run.config.train;
  return new BatchStream(sources, run.rng.fork('batches'), batch, sequence, microBatch);
};

/** Decides what is removed; methods that fade units train while they do. */
export const prune = (session: Session): Stage<PruneInput, PruneOutcome> => ({
  name: 'prune',
  title: 'Choose and fade',
  async run(run, { loaded, knowledge }) {
    const { model, sources } = loaded;
    const kept = new Set(knowledge.rows.filter(row => row.protected).map(row => row.group));
    const groups = (await candidateGroups(run, model)).filter(group => !kept.has(group.id));
    const scorer = session.active(SaliencyScorer);
    const calibration = calibrationSet(run, sources, 'train');
    const batches = batchesOf(run, loaded);
    const repair = session.optional(Repair);
    const outcome = await session.active(PruneOptimizer).prune({
      run,
      model,
      groups,
      quota: quotaOf(run, model),
      calibration,
      tokens: run.config.train.tokens,
      batches,
      loss: student => trainingLoss(session, student, model, batches.shape),
      score: (current, gates, cut, sequences = calibration) =>
        scoreGroups(run, scorer, current, groups, sequences, gates, cut),
      ...(repair ? { repair: repairFor(run, repair, calibration, groups) } : {}),
      select: async (saliency, quota, already = new Map()) => {
        const limits = limitsOf(run.config);
        const counts = await allocated(
          session,
          { run, model, groups, saliency, knowledge, quota, limits, already },
          calibration,
        );
        const chosen = counts
          ? selectCounts(saliency, groups, counts, already)
          : selectUnits(saliency, groups, quota, limits, already);
        return run.hooks.selection.promise(chosen, run);
      },
    });
    checkAlike(run, outcome.removed, groups, model.groups);
    return outcome;
  },
  pack: ({ removed, model, repaired = false, tokens, losses, masked }) => ({
    json: { removed: [...removed], repaired, tokens, losses, masked },
    tensors: { ...prefixed('lora', model.lora.arrays), ...prefixed('weight', model.changed) },
  }),
  async unpack(run, { loaded }, { json, tensors }) {
    const { removed, repaired, tokens, losses, masked } = json as {
      removed: [string, number[]][];
      repaired: boolean;
      tokens: number;
      losses: LossPoint[];
      masked?: Masked;
    };
    const source = await withWeights(run.store, loaded.model.source, masked?.written ?? []);
    const lora = partOf(loaded.model.lora, withPrefix('lora', tensors));
    return {
      removed: new Map(removed) as Selection,
      model: new LiveModel(source, lora, withPrefix('weight', tensors)),
      repaired,
      tokens,
      losses,
      ...(masked ? { masked } : {}),
    };
  },
});

/** An adapter with these factors: where some of it was merged, it is for fewer layers. */
const partOf = ({ specs }: LoraState, arrays: LoraState['arrays']): LoraState => ({
  specs: new Map([...specs].filter(([module]) => arrays.has(loraNames(module).a))),
  arrays,
});

/** What the chosen allocation says; undefined where none is chosen. */
const allocated = async (
  session: Session,
  task: Omit<AllocationTask, 'loss' | 'sequences'>,
  sequences: readonly Sequence[],
): Promise<ReadonlyMap<string, number> | undefined> => {
  const allocation = session.optional(Allocation);
  if (!allocation) return undefined;
  const { run, model, groups } = task;
  const shape = {
    batch: run.config.train.microBatch,
    sequence: sequences[0]!.ids.length,
    documents: hasDocuments(sequences),
  };
  let meter: LossMeter | undefined;
  try {
    return await allocation.allocate({
      ...task,
      sequences: sequences.length,
      async loss(removed, first = sequences.length) {
        meter ??= await LossMeter.open(run.passes, model, { ...shape, groups });
        return (await meter.mean(sequences.slice(0, first), gatesWithout(groups, removed))).loss;
      },
    });
  } finally {
    await meter?.close();
  }
};

/** Arrays by name, with a prefix that says what they are. */
export const prefixed = (
  prefix: string,
  arrays: ReadonlyMap<string, Float32Array>,
): Record<string, Float32Array> =>
  Object.fromEntries([...arrays].map(([name, data]) => [`${prefix}:${name}`, data]));

/** The arrays of a bundle that have a prefix. */
export const withPrefix = (
  prefix: string,
  tensors: Readonly<Record<string, Float32Array | Float64Array>>,
): Map<string, Float32Array> =>
  new Map(
    Object.entries(tensors)
      .filter(([key]) => key.startsWith(`${prefix}:`))
      .map(([key, data]) => [key.slice(prefix.length + 1), Float32Array.from(data)]),
  );
