import {
  type ArrayCuts,
  arrayCuts,
  cutModel,
  LiveModel,
  mapArrays,
  type PruneTask,
  type RemovalGroup,
  type Selection,
  selectionLeft,
} from '@secateur/core';
import { cutGroups } from '@secateur/core/graph';

/**
 * What is left of a task's model once units are cut out of it. It counts its units anew; selections of the task, hooks
 * and reports are in the numbers of the dense model.
 */
export class ShrunkModel {
  /** Arrays of the dense model's shapes into those of this one, and back. */
  readonly arrays: ArrayCuts;

  private constructor(
    private readonly task: PruneTask,
    /** Units that are cut out. */
    readonly cut: Selection,
    readonly model: LiveModel,
    /** The task's groups, in this model's numbers. */
    readonly groups: readonly RemovalGroup[],
  ) {
    this.arrays = arrayCuts(task.model, cut);
  }

  /**
   * @param whole the task's model with arrays as they stand
   * @param folder for the base weights that are left, absolute; not written while nothing is cut
   */
  static async open(task: PruneTask, whole: LiveModel, cut: Selection, folder: string): Promise<ShrunkModel> {
    if (cut.size === 0) return new ShrunkModel(task, cut, whole, task.groups);
    const { model } = await cutModel(whole, cut, folder);
    const groups = cutGroups(task.groups, cut, param => model.source.tensors.get(param)!.shape);
    return new ShrunkModel(task, cut, model, groups);
  }

  /** A selection in this model's numbers, without the units that it lacks. */
  renumber(selection: Selection): Selection {
    return this.cut.size === 0 ? selection : selectionLeft(selection, this.task.groups, this.cut);
  }

  /** The dense model with the arrays of `model`, which is this one, or one with more weights changed. */
  whole(model: LiveModel): LiveModel {
    if (this.cut.size === 0) return model;
    const { source, lora, changed } = this.task.model;
    return new LiveModel(
      source,
      // What belongs to a part that is cut whole has no array in this model.
      {
        specs: lora.specs,
        arrays: new Map([...lora.arrays, ...mapArrays(model.lora.arrays, this.arrays.restore)]),
      },
      new Map([...changed, ...mapArrays(model.changed, this.arrays.restore)]),
    );
  }
}
