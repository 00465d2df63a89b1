import type { RemovalGroup, Selection } from '../domain/removal-group.js';
import type { LiveModel } from '../model/live-model.js';
import type { RunContext } from '../run-context.js';
import { createToken } from '../token.js';
import type { SignalName, Signals } from './saliency.js';

export interface RepairTask {
  readonly run: RunContext;
  /** The model with what was trained. Before the cut nothing is cut, in a fade what former periods have removed may be. */
  readonly model: LiveModel;
  /** Units that go, with those that are gone and not cut: signals are measured without these, so that their inputs are 0. */
  readonly removed: Selection;
  /** Groups of the model that lose units. */
  readonly groups: readonly RemovalGroup[];
  /** Signals of the model on the calibration sequences. */
  signals(needs: readonly SignalName[]): Promise<Signals>;
}

/**
 * Port: what survivors take over from what is cut. Once, before the cut; an optimizer that fades units asks for it period
 * by period instead, and lets it come as they go (`PruneTask.repair`).
 */
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
