import type { Sequence } from '../data/sequence.js';
import type { KnowledgeMap } from '../domain/knowledge.js';
import type { RemovalGroup, SaliencyMap } from '../domain/removal-group.js';
import type { LiveModel } from '../model/live-model.js';
import type { RunContext } from '../run-context.js';
import { createToken } from '../token.js';

export interface KnowledgeTask {
  readonly run: RunContext;
  readonly model: LiveModel;
  readonly groups: readonly RemovalGroup[];
  /** Sequences of the tuning split, on which deviation is measured. */
  readonly sequences: readonly Sequence[];
  /** Base parameters that pruning will remove: what is protected must leave room for them. */
  readonly quota: number;
  score(): Promise<SaliencyMap>;
}

/** Port: how much each node group knows, and which are better left alone. */
export interface KnowledgeAnalysis {
  analyse(task: KnowledgeTask): Promise<KnowledgeMap>;
}
export const KnowledgeAnalysis = createToken<KnowledgeAnalysis>('knowledge');
