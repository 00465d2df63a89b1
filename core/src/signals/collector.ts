import { countedTokens, type Sequence } from '../data/sequence.js';
import type { RemovalGroup } from '../domain/removal-group.js';
import type { Graph } from '../graph/graph.js';
import { consumerOf } from '../graph/insert-gates.js';
import type { LiveModel } from '../model/live-model.js';
import type { RunResult } from '../ports/engine.js';

/** What a pass over calibration data is about. */
export interface Subject {
  readonly model: LiveModel;
  readonly groups: readonly RemovalGroup[];
  readonly sequences: readonly Sequence[];
}

/** One batch of a pass. */
export interface Batch {
  readonly rows: readonly Sequence[];
  /** Counted tokens: the loss is a mean over them. */
  readonly tokens: number;
}

/** Of each row, what makes a gradient of the batch's loss that of the row's own mean loss: 0 where none of its tokens counts. */
export const ownScales = ({ rows, tokens }: Batch): readonly number[] =>
  rows.map(row => {
    const own = countedTokens([row]);
    return own === 0 ? 0 : tokens / own;
  });

/** How one signal is measured: what it adds to the loss graph, and how it adds up over the batches. */
export interface Collector {
  /** Adds the outputs that it reads. */
  observe?(graph: Graph): Graph;
  /** What the loss is differentiated by for it. */
  readonly wrt?: readonly string[];
  /** Base weights among `wrt`: they are fed. */
  readonly weights?: readonly string[];
  /** Whether every batch must hold one sequence, since what is wanted is not linear in its gradient. */
  readonly oneByOne?: boolean;
  /** What is known of a batch; a streamed pass tells it in several visits. */
  take(result: RunResult, batch: Batch): void;
  /** All batches were taken. */
  finish?(): void;
}

/** Weights through which groups reach the rest of the model. */
export const readingWeights = (groups: readonly RemovalGroup[]): ReadonlySet<string> =>
  new Set(groups.flatMap(group => consumerOf(group)?.param ?? []));

/** Base weights that lose something when units of the groups go. */
export const membersOf = (groups: readonly RemovalGroup[]): string[] => [
  ...new Set(groups.flatMap(({ members }) => members.map(({ param }) => param))),
];
