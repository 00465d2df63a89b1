import type { RemovalGroup, Selection } from '../domain/removal-group.js';
import type { LiveModel } from '../model/live-model.js';
import type { RunContext } from '../run-context.js';
import { createToken } from '../token.js';
import type { SignalName, Signals } from './saliency.js';

export interface RepairTask {
  readonly run: RunContext;
  /** The model with what was trained; nothing is cut, and all gates are open. */
  readonly model: LiveModel;
  /** Units that go. */
  readonly removed: Selection;
  /** Groups of the model that lose units. */
  readonly groups: readonly RemovalGroup[];
  /** Signals of the model on the calibration sequences. */
  signals(needs: readonly SignalName[]): Promise<Signals>;
}

/** Port: what survivors take over from what is cut, once, before the cut. */
export interface Repair {
  /**
   * Refuses a model that it cannot repair, before anything is measured.
   * @param groups that may be cut
   */
  check?(model: LiveModel, groups: readonly RemovalGroup[]): void;
  /**
   * The model with other `changed` weights, or with more of them (`withParameters`); those of removed units do not matter
   * any more.
   */
  repair(task: RepairTask): Promise<LiveModel>;
}
export const Repair = createToken<Repair>('repair');
