import type { AdamW, Bundle, Feeds, LiveModel, Selection } from '@secateur/core';
import type { Graph } from '@secateur/core/graph';

/**
 * How units leave. The optimizer drives it: `begin` at the start of a period, `feeds` before and `after` behind each
 * step, `end` at the end of the period.
 */
export interface Fade {
  /** The model as it stands; its arrays change as the fade goes on. */
  readonly model: LiveModel;
  /** Adds what the fade needs to the logits graph: gates or row scales. */
  prepare(graph: Graph, batch: number): Graph;
  /** These units fade from here; `removed` are gone already. */
  begin(active: Selection, removed: Selection): void;
  /** Inputs that `prepare` added, at step t of a period of `length`; t undefined: nothing fades. */
  feeds(t: number | undefined, length: number, batch: number): Feeds;
  /** Behind the update of step t. */
  after(t: number | undefined, length: number, optimizer: AdamW): void;
  /** The period is over: its units are zero. */
  end(optimizer: AdamW): void;
  /** Changed weights, for a checkpoint; the adapter is saved by the optimizer. */
  state(): Bundle['tensors'];
}
