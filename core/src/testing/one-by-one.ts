import type { AblationLosses, AblationTask } from '../ablation/losses.js';
import { type BatchShape, hasDocuments } from '../data/sequence.js';
import { flopsOf } from '../graph/flops.js';
import { insertGates } from '../graph/insert-gates.js';
import { withLoss } from '../graph/with-loss.js';
import { wholePasses } from '../passes/whole-passes.js';
import { gatesWithout, LossMeter } from '../training/loss-meter.js';

type NaiveTask = Pick<AblationTask, 'engine' | 'model' | 'candidates' | 'sequences'> & {
  /** Sequences per run. */
  readonly batch: number;
};

const groupsOf = ({ candidates }: Pick<NaiveTask, 'candidates'>) => [
  ...new Set(candidates.map(({ group }) => group)),
];

const shapeOf = ({ batch, sequences }: Pick<NaiveTask, 'batch' | 'sequences'>): BatchShape => ({
  batch,
  sequence: sequences[0]!.ids.length,
  documents: hasDocuments(sequences),
});

/** The reference for losses of an ablation: the whole model for each candidate, with its gates closed. */
export const lossesOneByOne = async (task: NaiveTask): Promise<AblationLosses> => {
  const { engine, model, sequences } = task;
  const meter = await LossMeter.open(wholePasses(engine), model, {
    ...shapeOf(task),
    groups: groupsOf(task),
  });
  try {
    const { loss: dense } = await meter.mean(sequences);
    const candidates: number[] = [];
    for (const { group, closed } of task.candidates) {
      const gates = gatesWithout([group], new Map([[group.id, closed]]));
      candidates.push((await meter.mean(sequences, gates)).loss);
    }
    return { dense, candidates };
  } finally {
    await meter.close();
  }
};

/** Floating point operations of that. */
export const flopsOneByOne = (task: Omit<NaiveTask, 'engine'>): number => {
  const { model, batch, sequences, candidates } = task;
  const whole = flopsOf(withLoss(insertGates(model.graph(shapeOf(task)), groupsOf(task), batch)));
  return whole * Math.ceil(sequences.length / batch) * (candidates.length + 1);
};
