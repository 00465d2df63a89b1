import {
  type Bundle,
  cloneLora,
  costOf,
  gatesWithout,
  joinSelections,
  LiveModel,
  type LossPoint,
  Pace,
  type PruneOptimizer,
  type PruneOutcome,
  type PruneTask,
  type SaliencyMap,
  type Selection,
  selectionWithout,
  stepFeeds,
  tellPeriod,
  trainingPlan,
  trainPruning,
} from '@secateur/core';
import { type Counts, countsOf, leastWithin } from './allocation.js';
import type { LhspgOptions } from './options.js';
import { type LhspgSchedule, planPeriods, positionOf, quotaAfter } from './schedule.js';
import { Stretch } from './stretch.js';

const PARTIAL = 'prune.partial';
/** Below the run's folder: base weights of what is left, in a folder for each cut. Gone when the stage is over. */
const FOLDER = ['checkpoints', 'prune.shrunk'] as const;

/** Selections are in the numbers of the dense model, arrays beside it in the shapes of what is left. */
interface Progress {
  readonly step: number;
  readonly adamStep: number;
  readonly removed: readonly (readonly [string, readonly number[]])[];
  readonly active: readonly (readonly [string, readonly number[]])[];
  /** What is cut out of the model, of what is removed. */
  readonly cut: readonly (readonly [string, readonly number[]])[];
  /** What each group loses in the end, where it is fixed by now. */
  readonly counts?: readonly (readonly [string, number])[];
  readonly losses: readonly LossPoint[];
}

/** LoRA half-space projected gradient (LoRAShear Alg. 4): warm up, then choose, fade and train, period by period. */
export class Lhspg implements PruneOptimizer {
  constructor(private readonly options: LhspgOptions) {}

  async prune(task: PruneTask): Promise<PruneOutcome> {
    const plan = trainingPlan(task.run.config);
    const run = new LhspgRun(task, this.options, planPeriods(plan.steps, this.options));
    return run.execute();
  }
}

class LhspgRun {
  #removed: Selection = new Map();
  #active: Selection = new Map();
  /** What each group loses in the end, where the first scoring has fixed it. */
  #counts: Counts | undefined;
  readonly #losses: LossPoint[] = [];
  /** Where the base weights of what is left lie, below `FOLDER`. */
  #folder = 'resumed';
  readonly #pace: Pace;

  constructor(
    private readonly task: PruneTask,
    private readonly options: LhspgOptions,
    private readonly schedule: LhspgSchedule,
  ) {
    this.#pace = new Pace(task.run.clock, task.batches.tokens);
  }

  async execute(): Promise<PruneOutcome> {
    const { run, batches } = this.task;
    // A kill may have left it. What is needed of it is cut again: it follows from the dense model and the selection.
    await run.store.removeFolder(...FOLDER);
    const saved = await run.store.load(PARTIAL);
    let { stretch, start } = await this.#open(saved);
    try {
      const { steps, length } = this.schedule;
      const at = (step: number) => {
        const position = positionOf(step, this.schedule);
        return position.phase === 'fade' ? position : { period: 0, t: undefined };
      };
      await trainPruning({
        run,
        start,
        steps,
        losses: this.#losses,
        before: async step => {
          const { period, t } = at(step);
          if (t !== 0) return;
          stretch = await this.#shrink(period, stretch);
          await this.#beginPeriod(period, stretch);
        },
        step: (step, learningRate) => {
          const parts = stepFeeds(batches.at(step), batches.shape);
          return this.#pace.step(() => stretch.step(parts, at(step).t, length, learningRate));
        },
        after: async step => {
          const { period, t } = at(step);
          if (t === length - 1) await this.#endPeriod(period, stretch);
        },
        save: done => this.#save(done, stretch),
      });
      return {
        removed: this.#removed,
        model: stretch.whole(),
        repaired: this.task.repair !== undefined,
        tokens: steps * batches.tokens,
        losses: this.#losses,
      };
    } finally {
      await stretch.close();
      await run.store.removeFolder(...FOLDER);
    }
  }

  /** Begins with the dense model, or where a checkpoint was taken. */
  async #open(saved: Bundle | undefined): Promise<{ stretch: Stretch; start: number }> {
    const { run, model } = this.task;
    const progress = saved?.json as Progress | undefined;
    const stretch = await Stretch.open(
      this.task,
      this.options,
      new LiveModel(model.source, cloneLora(model.lora), model.changed),
      new Map(progress?.cut),
      run.store.path(...FOLDER, this.#folder),
    );
    if (!saved || !progress) return { stretch, start: 0 };
    stretch.restore({ adamStep: progress.adamStep, tensors: saved.tensors });
    this.#removed = new Map(progress.removed);
    this.#active = new Map(progress.active);
    this.#counts = progress.counts && new Map(progress.counts);
    this.#losses.push(...progress.losses);
    stretch.begin(this.#active, this.#removed);
    return { stretch, start: progress.step };
  }

  /** Cuts out what former periods have removed, and goes on with what is left. */
  async #shrink(period: number, stretch: Stretch): Promise<Stretch> {
    const { groups, run } = this.task;
    if (!this.options.shrink || costOf(this.#removed, groups) === costOf(stretch.cut, groups)) return stretch;
    await stretch.close();
    const former = this.#folder;
    this.#folder = `${period}`;
    const next = await Stretch.open(
      this.task,
      this.options,
      stretch.whole(),
      this.#removed,
      run.store.path(...FOLDER, this.#folder),
    );
    next.takeOver(stretch);
    await run.store.removeFolder(...FOLDER, former);
    return next;
  }

  async #beginPeriod(period: number, stretch: Stretch): Promise<void> {
    const { run, groups } = this.task;
    const { periods } = this.options;
    const gates = gatesWithout(groups, this.#removed);
    const saliency = await this.task.score(stretch.fade.model, gates, stretch.cut);
    const chosen = await this.#select(saliency, period);
    this.#active = selectionWithout(chosen, this.#removed);
    await run.hooks.beforePeriod.promise({ period: period + 1, periods, selection: this.#active }, run);
    run.log(
      'info',
      `period ${period + 1} of ${periods}: ${costOf(this.#active, groups).toLocaleString('en')} parameters fade`,
    );
    await stretch.absorb(this.#active, this.#removed);
    stretch.begin(this.#active, this.#removed);
    this.#pace.take(); // what was before is no part of the period
  }

  /** All units that are to be gone after a period. */
  async #select(saliency: SaliencyMap, period: number): Promise<Selection> {
    const { run, quota } = this.task;
    const { periods, allocation, quota: shape } = this.options;
    const share = quotaAfter(period, periods, shape);
    if (allocation === 'rescored') return this.task.select(saliency, quota * share, this.#removed);
    this.#counts ??= countsOf(await this.task.select(saliency, quota));
    return run.hooks.selection.promise(leastWithin(saliency, this.#counts, share, this.#removed), run);
  }

  async #endPeriod(period: number, stretch: Stretch): Promise<void> {
    const { run, groups } = this.task;
    const { periods } = this.options;
    stretch.end();
    this.#removed = joinSelections(this.#removed, this.#active);
    await run.hooks.afterPeriod.promise({ period: period + 1, periods, selection: this.#active }, run);
    this.#active = new Map();
    stretch.begin(this.#active, this.#removed);
    const removed = costOf(this.#removed, groups);
    tellPeriod(run, { period: period + 1, periods, removed, tokensPerSecond: this.#pace.take() });
  }

  async #save(step: number, stretch: Stretch): Promise<void> {
    const { adamStep, tensors } = stretch.state();
    const json: Progress = {
      step,
      adamStep,
      removed: [...this.#removed],
      active: [...this.#active],
      cut: [...stretch.cut],
      ...(this.#counts ? { counts: [...this.#counts] } : {}),
      losses: this.#losses,
    };
    await this.task.run.store.save(PARTIAL, { json, tensors });
  }
}
