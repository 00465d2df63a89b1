import {
  cloneLora,
  costOf,
  LiveModel,
  type LossPoint,
  type PruneOptimizer,
  type PruneOutcome,
  type PruneTask,
  type Selection,
  stepFeeds,
  Trainer,
  trainingPlan,
} from '@secateur/core';
import { withLoss } from '@secateur/core/graph';
import type { Fade } from './fade.js';
import { GateFade, gatesAt } from './gate-fade.js';
import { HalfSpaceFade } from './half-space-fade.js';
import type { LhspgOptions } from './options.js';
import { RowFade } from './row-fade.js';
import { type LhspgSchedule, planPeriods, positionOf, quotaAfter } from './schedule.js';

const PARTIAL = 'prune.partial';

interface Progress {
  readonly step: number;
  readonly adamStep: number;
  readonly removed: readonly (readonly [string, readonly number[]])[];
  readonly active: readonly (readonly [string, readonly number[]])[];
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

  constructor(
    private readonly task: PruneTask,
    private readonly options: LhspgOptions,
    private readonly schedule: LhspgSchedule,
  ) {}

  async execute(): Promise<PruneOutcome> {
    const { run, batches } = this.task;
    const { train, checkpoint } = run.config;
    const saved = await run.store.load(PARTIAL);
    const model = new LiveModel(
      this.task.model.source,
      cloneLora(this.task.model.lora),
      this.task.model.changed,
    );
    const fade = await this.#open(model);
    if (saved) restoreArrays(fade, saved.tensors);
    const { shape } = batches;
    const graph = withLoss(fade.prepare(fade.model.graph(shape), shape.batch));
    const trainer = await Trainer.open(run.engine, graph, fade.model.lora.arrays, fade.model.changed, train);
    try {
      let start = 0;
      if (saved) {
        const progress = saved.json as Progress;
        start = progress.step;
        this.#removed = new Map(progress.removed);
        this.#active = new Map(progress.active);
        this.#losses.push(...progress.losses);
        trainer.optimizer.restore(progress.adamStep, saved.tensors);
        fade.begin(this.#active, this.#removed);
      }
      const { learningRate } = trainingPlan(run.config);
      const { steps, length } = this.schedule;
      for (let step = start; step < steps; step++) {
        const position = positionOf(step, this.schedule);
        const t = position.phase === 'fade' ? position.t : undefined;
        if (position.phase === 'fade' && t === 0) await this.#beginPeriod(position.period, fade);
        run.hooks.beforeStep.call({
          stage: 'prune',
          step: step + 1,
          steps,
          learningRate: learningRate(step),
        });
        const faded = fade.feeds(t, length, shape.batch);
        const loss = await trainer.step(
          stepFeeds(batches.at(step), shape).map(feeds => ({ ...feeds, ...faded })),
          learningRate(step),
        );
        fade.after(t, length, trainer.optimizer);
        this.#losses.push({ step, loss });
        run.hooks.afterStep.call({
          stage: 'prune',
          step: step + 1,
          steps,
          loss,
          learningRate: learningRate(step),
        });
        run.progress(step + 1, steps, 'steps', `loss ${loss.toFixed(3)}`);
        if (position.phase === 'fade' && t === length - 1)
          await this.#endPeriod(position.period, fade, trainer);
        if ((step + 1) % checkpoint.steps === 0 || run.signal.aborted)
          await this.#save(step + 1, fade, trainer);
        run.signal.throwIfAborted();
      }
      return {
        removed: this.#removed,
        model: fade.model,
        tokens: steps * batches.tokens,
        losses: this.#losses,
      };
    } finally {
      await trainer.close();
    }
  }

  #open(model: LiveModel): Promise<Fade> | Fade {
    const { groups } = this.task;
    switch (this.options.fade) {
      case 'gate':
        return new GateFade(model, groups);
      case 'rows':
        return new RowFade(model, groups);
      case 'half-space':
        return HalfSpaceFade.open(model, groups, this.options.epsilon);
    }
  }

  async #beginPeriod(period: number, fade: Fade): Promise<void> {
    const { run, groups, quota } = this.task;
    const { periods, quota: shape } = this.options;
    const saliency = await this.task.score(fade.model, gatesAt(groups, new Map(), this.#removed, 1));
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
    fade.begin(this.#active, this.#removed);
  }

  async #endPeriod(period: number, fade: Fade, trainer: Trainer): Promise<void> {
    const { run } = this.task;
    fade.end(trainer.optimizer);
    this.#removed = union(this.#removed, this.#active);
    await run.hooks.afterPeriod.promise(
      { period: period + 1, periods: this.options.periods, selection: this.#active },
      run,
    );
    this.#active = new Map();
    fade.begin(this.#active, this.#removed);
  }

  async #save(step: number, fade: Fade, trainer: Trainer): Promise<void> {
    const { step: adamStep, tensors } = trainer.optimizer.state();
    const lora = Object.fromEntries(
      [...fade.model.lora.arrays].map(([name, data]) => [`lora:${name}`, data]),
    );
    const json: Progress = {
      step,
      adamStep,
      removed: [...this.#removed],
      active: [...this.#active],
      losses: this.#losses,
    };
    await this.task.run.store.save(PARTIAL, { json, tensors: { ...lora, ...tensors, ...fade.state() } });
  }
}

const union = (a: Selection, b: Selection): Selection =>
  new Map(
    [...new Set([...a.keys(), ...b.keys()])].map(id => [
      id,
      [...(a.get(id) ?? []), ...(b.get(id) ?? [])].sort((x, y) => x - y),
    ]),
  );

const without = (a: Selection, b: Selection): Selection =>
  new Map([...a].map(([id, units]) => [id, units.filter(unit => !b.get(id)?.includes(unit))]));

const restoreArrays = (fade: Fade, tensors: Readonly<Record<string, Float32Array | Float64Array>>): void => {
  for (const [name, data] of fade.model.lora.arrays) data.set(tensors[`lora:${name}`]!);
  for (const [name, data] of fade.model.changed) {
    const stored = tensors[`weight:${name}`];
    if (stored) data.set(stored);
  }
};
