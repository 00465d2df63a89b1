import type { ResolvedConfig } from '../config/schema.js';
import type { KnowledgeMap } from '../domain/knowledge.js';
import type { RemovalGroup, SaliencyMap, Selection } from '../domain/removal-group.js';
import type { LiveModel } from '../model/live-model.js';
import type { RunContext } from '../run-context.js';
import type { SelectionLimits } from '../selection/limits.js';
import { createToken } from '../token.js';

export interface AllocationTask {
  readonly run: RunContext;
  readonly model: LiveModel;
  /** Groups that may be cut. */
  readonly groups: readonly RemovalGroup[];
  readonly saliency: SaliencyMap;
  readonly knowledge: KnowledgeMap;
  /** Base parameters to remove. */
  readonly quota: number;
  readonly limits: SelectionLimits;
  /** Units removed before: they stay removed and count towards the quota. */
  readonly already: Selection;
  /** Number of calibration sequences that losses are measured on. */
  readonly sequences: number;
  /**
   * Mean loss on calibration sequences with these units removed by gates, nothing repaired; nats per token.
   * @param sequences how many are read, the first ones; default all
   */
  loss(removed: Selection, sequences?: number): Promise<number>;
}

/** Port: how the budget is spread over layers and kinds. Without one, `prune.ranking` spreads it. */
export interface Allocation {
  /** Whether it may empty groups, whatever `prune.minKvHeads` and `prune.minChannels` say. Default false. */
  readonly beyondMinima?: boolean;
  /** Refuses what it cannot spread a budget for, before anything is measured. */
  check?(config: ResolvedConfig): void;
  /** Units to remove of each group, by id; a group that is not named keeps all. */
  allocate(task: AllocationTask): Promise<ReadonlyMap<string, number>>;
}
export const Allocation = createToken<Allocation>('allocation');
