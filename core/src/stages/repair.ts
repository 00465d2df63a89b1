import type { Sequence } from '../data/sequence.js';
import { type RemovalGroup, type Selection, selectionLeft } from '../domain/removal-group.js';
import { cutGroups } from '../graph/cut-groups.js';
import type { LiveModel } from '../model/live-model.js';
import type { PruneTask } from '../ports/prune-optimizer.js';
import type { Repair, RepairTask } from '../ports/repair.js';
import type { RunContext } from '../run-context.js';
import { type Gates, gatesLeft } from '../training/loss-meter.js';
import { signalsOf } from './score.js';

interface Repaired {
  readonly model: LiveModel;
  /** Groups of the model that may lose units. */
  readonly groups: readonly RemovalGroup[];
  readonly removed: Selection;
  /** Close units that are gone already; default: all are open. */
  readonly gates?: Gates | undefined;
}

/** What a repair is given, on calibration sequences. */
export const repairTask = (
  run: RunContext,
  sequences: readonly Sequence[],
  { model, groups, removed, gates }: Repaired,
): RepairTask => {
  const losing = groups.filter(group => removed.get(group.id)?.length);
  return {
    run,
    model,
    removed,
    groups: losing,
    signals: needs => signalsOf(run, { model, groups: losing, sequences }, needs, gates),
  };
};

/** A repair as optimizers ask for it. Its model may lack what is cut; selections and gates are the whole model's. */
export const repairFor =
  (
    run: RunContext,
    repair: Repair,
    sequences: readonly Sequence[],
    groups: readonly RemovalGroup[],
  ): NonNullable<PruneTask['repair']> =>
  (model, removed, gates, cut = new Map()) =>
    repair.repair(
      repairTask(run, sequences, {
        model,
        groups: cutGroups(groups, cut, param => model.source.tensors.get(param)!.shape),
        removed: selectionLeft(removed, groups, cut),
        gates: gates && gatesLeft(gates, groups, cut),
      }),
    );
