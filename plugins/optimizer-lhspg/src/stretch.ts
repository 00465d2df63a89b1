import path from 'node:path';
import {
  type AdapterState,
  adapterState,
  type Feeds,
  gateFeeds,
  gatesWithout,
  type LiveModel,
  type PruneTask,
  quantisedWeights,
  restoreAdapter,
  type Selection,
  Trainer,
} from '@secateur/core';
import { insertGates } from '@secateur/core/graph';
import type { Fade } from './fade.js';
import { GateFade } from './gate-fade.js';
import { HalfSpaceFade } from './half-space-fade.js';
import type { LhspgOptions } from './options.js';
import { RowFade } from './row-fade.js';
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
    const fade = await openFade(left, options);
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
    const stretch = new Stretch(task, left, fade, trainer, gated);
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

  /** One step on a batch in its parts, `t` of a period of `length`; t undefined: nothing fades. Gives the loss before it. */
  async step(
    parts: readonly Feeds[],
    t: number | undefined,
    length: number,
    learningRate: number,
  ): Promise<number> {
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
    return { adamStep, tensors: { ...tensors, ...this.fade.state() } };
  }

  /** Takes a state of a stretch with the same cut back. */
  restore(state: AdapterState): void {
    restoreAdapter(this.fade.model, this.trainer.optimizer, state);
    for (const [name, data] of this.fade.model.changed) {
      const stored = state.tensors[`weight:${name}`];
      if (stored) data.set(stored);
    }
  }

  close(): Promise<void> {
    return this.trainer.close();
  }
}

const openFade = (
  { model, groups }: ShrunkModel,
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
