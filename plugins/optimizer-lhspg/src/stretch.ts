import path from 'node:path';
import {
  type AdapterState,
  adapterState,
  type Feeds,
  gateFeeds,
  gatesWithout,
  joinSelections,
  type LiveModel,
  type PruneTask,
  quantisedWeights,
  type RemovalGroup,
  restoreAdapter,
  type Selection,
  Trainer,
} from '@secateur/core';
import { insertGates } from '@secateur/core/graph';
import type { Fade } from './fade.js';
import { FadedRepair } from './faded-repair.js';
import { GateFade } from './gate-fade.js';
import { HalfSpaceFade } from './half-space-fade.js';
import type { LhspgOptions } from './options.js';
import { RowFade } from './row-fade.js';
import { type Decay, levelAt } from './schedule.js';
import { ShrunkModel } from './shrunk-model.js';

/** What is trained from one cut to the next: what is left of the model, the way its units fade, and its optimizer. */
export class Stretch {
  #closed: Feeds = {};

  private constructor(
    private readonly task: PruneTask,
    readonly left: ShrunkModel,
    readonly fade: Fade,
    readonly trainer: Trainer,
    /** Whether removed units need a gate beside what the fade does to them. */
    private readonly gated: boolean,
    /** Undefined where no repair is chosen. */
    private readonly repair: FadedRepair | undefined,
    private readonly decay: Decay,
  ) {}

  /** @param whole the task's model with arrays as they stand; they are trained in place while nothing is cut */
  static async open(
    task: PruneTask,
    options: LhspgOptions,
    whole: LiveModel,
    cut: Selection,
    folder: string,
  ): Promise<Stretch> {
    const { run } = task;
    const { shape } = task.batches;
    const left = await ShrunkModel.open(task, whole, cut, folder);
    const repair = task.repair && (await FadedRepair.open(left));
    const fade = await openFade(repair?.model ?? left.model, left.groups, options);
    // Rows at zero are not a unit at zero: v of a closed head still has a gradient, which counts when gradients are clipped.
    const gated = !options.shrink && options.fade !== 'gate';
    const faded = fade.prepare(fade.model.graph(shape), shape.batch);
    const student = gated ? insertGates(faded, left.groups, shape.batch) : faded;
    const { lora, changed } = fade.model;
    const quantised = await quantisedWeights(run, fade.model, student, path.join(folder, 'frozen.int8'));
    const train = { ...run.config.train, quantised };
    const { graph, fixed } = task.loss(student);
    const given = new Map([...changed, ...fixed]);
    const trainer = await Trainer.open(run.engine, graph, lora.arrays, given, train);
    const stretch = new Stretch(task, left, fade, trainer, gated, repair, options.decay);
    stretch.begin(new Map(), new Map());
    return stretch;
  }

  /** Units that the model lacks. */
  get cut(): Selection {
    return this.left.cut;
  }

  /** These units of the dense model fade from here, these are gone. */
  begin(active: Selection, removed: Selection): void {
    const { groups } = this.left;
    const gone = this.left.renumber(removed);
    this.fade.begin(this.left.renumber(active), gone);
    if (this.gated)
      this.#closed = gateFeeds(groups, gatesWithout(groups, gone), this.task.batches.shape.batch);
  }

  /** Survivors take over these units as they fade from here, beside those that are gone. */
  async absorb(active: Selection, removed: Selection): Promise<void> {
    if (!this.task.repair) return;
    const gates = gatesWithout(this.task.groups, removed);
    const gone = joinSelections(removed, active);
    const { model } = this.fade;
    this.repair?.begin(model, await this.task.repair(model, gone, gates, this.cut));
  }

  /** The period is over: its units are gone. */
  end(): void {
    this.fade.end(this.trainer.optimizer);
    this.repair?.end();
  }

  /** One step on a batch in its parts, `t` of a period of `length`; t undefined: nothing fades. Gives the loss before it. */
  async step(
    parts: readonly Feeds[],
    t: number | undefined,
    length: number,
    learningRate: number,
  ): Promise<number> {
    if (t !== undefined) this.repair?.at(1 - levelAt(t, length, this.decay));
    const fading = { ...this.fade.feeds(t, length, this.task.batches.shape.batch), ...this.#closed };
    const loss = await this.trainer.step(
      parts.map(feeds => ({ ...feeds, ...fading })),
      learningRate,
    );
    this.fade.after(t, length, this.trainer.optimizer);
    return loss;
  }

  /** The dense model with what was trained. */
  whole(): LiveModel {
    return this.left.whole(this.fade.model);
  }

  /** Goes on with the moments of a former stretch, whose arrays this one was opened with. */
  takeOver({ trainer, left }: Stretch): void {
    this.trainer.optimizer.takeOver(trainer.optimizer, (name, moment) =>
      this.left.arrays.cut(name, left.arrays.restore(name, moment)),
    );
  }

  /** Everything that training changes, for a checkpoint. */
  state(): AdapterState {
    const { adamStep, tensors } = adapterState(this.fade.model, this.trainer.optimizer);
    return { adamStep, tensors: { ...tensors, ...this.fade.state(), ...this.repair?.state() } };
  }

  /** Takes a state of a stretch with the same cut back. */
  restore(state: AdapterState): void {
    restoreAdapter(this.fade.model, this.trainer.optimizer, state);
    for (const [name, data] of this.fade.model.changed) {
      const stored = state.tensors[`weight:${name}`];
      if (stored) data.set(stored);
    }
    this.repair?.restore(state.tensors);
  }

  close(): Promise<void> {
    return this.trainer.close();
  }
}

const openFade = (
  model: LiveModel,
  groups: readonly RemovalGroup[],
  { fade, epsilon, decay }: LhspgOptions,
): Promise<Fade> | Fade => {
  switch (fade) {
    case 'gate':
      return new GateFade(model, groups, decay);
    case 'rows':
      return new RowFade(model, groups, decay);
    case 'half-space':
      return HalfSpaceFade.open(model, groups, epsilon, decay);
  }
};
