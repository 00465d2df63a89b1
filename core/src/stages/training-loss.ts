import type { BatchShape } from '../data/sequence.js';
import type { Graph } from '../graph/graph.js';
import { withLoss } from '../graph/with-loss.js';
import type { LiveModel } from '../model/live-model.js';
import { Objective, type TrainingLoss } from '../ports/objective.js';
import type { Session } from '../session.js';

/** What a session trains a logits graph by: the active objective, else the cross-entropy. */
export const trainingLoss = (
  session: Session,
  student: Graph,
  dense: LiveModel,
  shape: BatchShape,
): TrainingLoss =>
  session.optional(Objective)?.loss(student, dense, shape) ?? {
    graph: withLoss(student),
    fixed: new Map(),
  };
