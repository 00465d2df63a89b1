import {
  type Bundle,
  cloneLora,
  costOf,
  gatesWithout,
  LiveModel,
  type LossPoint,
  type PruneOptimizer,
  type PruneOutcome,
  type PruneTask,
  type Selection,
  stepFeeds,
  trainingPlan,
} from '@secateur/core';
import type { LhspgOptions } from './options.js';
import { Pace } from './pace.js';
import { type LhspgSchedule, planPeriods, positionOf, quotaAfter } from './schedule.js';
import { union, without } from './selections.js';
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
      const { learningRate } = trainingPlan(run.config);
      const { steps, length } = this.schedule;
      for (let step = start; step < steps; step++) {
        const position = positionOf(step, this.schedule);
        const t = position.phase === 'fade' ? position.t : undefined;
        if (position.phase === 'fade' && t === 0) {
          stretch = await this.#shrink(position.period, stretch);
          await this.#beginPeriod(position.period, stretch);
        }
        const told = { stage: 'prune', step: step + 1, steps, learningRate: learningRate(step) };
        run.hooks.beforeStep.call(told);
        const parts = stepFeeds(batches.at(step), batches.shape);
        const loss = await this.#pace.step(() => stretch.step(parts, t, length, learningRate(step)));
        this.#losses.push({ step, loss });
        run.hooks.afterStep.call({ ...told, loss });
        run.progress(step + 1, steps, 'steps', `loss ${loss.toFixed(3)}`);
        if (position.phase === 'fade' && t === length - 1) await this.#endPeriod(position.period, stretch);
        if ((step + 1) % run.config.checkpoint.steps === 0 || run.signal.aborted)
          await this.#save(step + 1, stretch);
        run.signal.throwIfAborted();
      }
      return {
        removed: this.#removed,
        model: stretch.whole(),
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
    stretch.restore(progress.adamStep, saved.tensors);
    this.#removed = new Map(progress.removed);
    this.#active = new Map(progress.active);
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
    const { run, groups, quota } = this.task;
    const { periods, quota: shape } = this.options;
    const gates = gatesWithout(groups, this.#removed);
    const saliency = await this.task.score(stretch.fade.model, gates, stretch.cut);
    const chosen = await this.task.select(
      saliency,
      quota * quotaAfter(period, periods, shape),
      this.#removed,
    );
    this.#active = without(chosen, this.#removed);
    await run.hooks.beforePeriod.promise({ period: period + 1, periods, selection: this.#active }, run);
    run.log(
      'info',
      `period ${period + 1} of ${periods}: ${costOf(this.#active, groups).toLocaleString('en')} parameters fade`,
    );
    stretch.begin(this.#active, this.#removed);
    this.#pace.take(); // what was before is no part of the period
  }

  async #endPeriod(period: number, stretch: Stretch): Promise<void> {
    const { run, groups } = this.task;
    const { periods } = this.options;
    stretch.fade.end(stretch.trainer.optimizer);
    this.#removed = union(this.#removed, this.#active);
    await run.hooks.afterPeriod.promise({ period: period + 1, periods, selection: this.#active }, run);
    this.#active = new Map();
    stretch.begin(this.#active, this.#removed);
    const removed = costOf(this.#removed, groups);
    const tokensPerSecond = this.#pace.take();
    run.store.event({ event: 'period', period: period + 1, periods, removed, tokensPerSecond });
    run.log(
      'info',
      `period ${period + 1} of ${periods}: ${removed.toLocaleString('en')} parameters are gone, at ${tokensPerSecond.toLocaleString('en')} tokens/s`,
    );
  }

  async #save(step: number, stretch: Stretch): Promise<void> {
    const { adamStep, tensors } = stretch.state();
    const json: Progress = {
      step,
      adamStep,
      removed: [...this.#removed],
      active: [...this.#active],
      cut: [...stretch.cut],
      losses: this.#losses,
    };
    await this.task.run.store.save(PARTIAL, { json, tensors });
  }
}
