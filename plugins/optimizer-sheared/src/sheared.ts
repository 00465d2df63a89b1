import {
  type Bundle,
  costOf,
  GatedTraining,
  type LossPoint,
  Pace,
  type PruneOptimizer,
  type PruneOutcome,
  type PruneTask,
  type Selection,
  tellPeriod,
  trainingPlan,
  trainPruning,
  weigh,
} from '@secateur/core';
import { targetAt } from './lagrangian.js';
import { Masks } from './masks.js';
import type { ShearedOptions } from './options.js';

const PARTIAL = 'prune.partial';

interface Progress {
  readonly step: number;
  readonly adamStep: number;
  readonly maskSteps: number;
  /** Empty until the end. */
  readonly removed: readonly (readonly [string, readonly number[]])[];
  readonly losses: readonly LossPoint[];
}

/** Sheared-LLaMA's mask training: gates are drawn, log α and the adapter learn, the multipliers hold the sparsity. */
export class Sheared implements PruneOptimizer {
  constructor(private readonly options: ShearedOptions) {}

  async prune(task: PruneTask): Promise<PruneOutcome> {
    const training = await GatedTraining.open(task, { byGate: true });
    try {
      return await new ShearedRun(task, this.options, training).execute();
    } finally {
      await training.close();
    }
  }
}

class ShearedRun {
  #removed: Selection = new Map();
  readonly #losses: LossPoint[] = [];
  readonly #masks: Masks;
  readonly #pace: Pace;
  readonly #steps: number;

  constructor(
    private readonly task: PruneTask,
    private readonly options: ShearedOptions,
    private readonly training: GatedTraining,
  ) {
    const { run, groups, batches } = task;
    this.#masks = new Masks(groups, options.initial, run.rng.fork('sheared/initial'));
    this.#pace = new Pace(run.clock, batches.tokens);
    this.#steps = Math.max(1, Math.round(trainingPlan(run.config).steps * options.share));
  }

  async execute(): Promise<PruneOutcome> {
    const { run, batches } = this.task;
    const saved = await run.store.load(PARTIAL);
    const start = saved ? this.#restore(saved) : 0;
    // Nothing is chosen before the end.
    if (start === 0)
      await run.hooks.beforePeriod.promise({ period: 1, periods: 1, selection: new Map() }, run);
    await trainPruning({
      run,
      start,
      steps: this.#steps,
      losses: this.#losses,
      step: (step, learningRate) => this.#pace.step(() => this.#step(step, learningRate)),
      after: async step => {
        if (step === this.#steps - 1) await this.#choose();
      },
      save: done => this.#save(done),
    });
    return {
      removed: this.#removed,
      model: this.training.model,
      tokens: this.#steps * batches.tokens,
      losses: this.#losses,
    };
  }

  async #step(step: number, learningRate: number): Promise<number> {
    const { run, groups, quota } = this.task;
    const { warmup } = this.options;
    const sample = this.#masks.sample(run.rng.fork('sheared').fork(step));
    const { loss, byGate } = await this.training.step(step, sample.gates, learningRate);
    const target = targetAt(step, Math.round(this.#steps * warmup), quota / weigh(groups));
    this.#masks.update(byGate, sample, target, this.options);
    return loss;
  }

  async #choose(): Promise<void> {
    const { run, groups, quota } = this.task;
    const scores = await run.hooks.saliency.promise(this.#masks.scores(), run);
    this.#removed = await this.task.select(scores, quota);
    await run.hooks.afterPeriod.promise({ period: 1, periods: 1, selection: this.#removed }, run);
    const closed = this.#masks.closed();
    const chosen = [...this.#removed].flatMap(([id, units]) =>
      units.map(unit => closed.get(id)?.has(unit) ?? false),
    );
    const sparsities = [...this.#masks.sparsities()].map(
      ([kind, sparsity]) => `${(100 * sparsity).toFixed(1)} % of ${kind}`,
    );
    run.log(
      'info',
      `the masks expect ${sparsities.join(', ')} to be gone; ${chosen.filter(Boolean).length} of ${chosen.length} removed units have a closed gate`,
    );
    const removed = costOf(this.#removed, groups);
    tellPeriod(run, { period: 1, periods: 1, removed, tokensPerSecond: this.#pace.take() });
  }

  async #save(step: number): Promise<void> {
    const { adamStep, tensors } = this.training.state();
    const masks = this.#masks.state();
    const json: Progress = {
      step,
      adamStep,
      maskSteps: masks.steps,
      removed: [...this.#removed],
      losses: this.#losses,
    };
    await this.task.run.store.save(PARTIAL, { json, tensors: { ...tensors, ...masks.tensors } });
  }

  /** @returns steps that are done */
  #restore({ json, tensors }: Bundle): number {
    const { step, adamStep, maskSteps, removed, losses } = json as Progress;
    this.training.restore({ adamStep, tensors });
    this.#masks.restore(maskSteps, tensors);
    this.#removed = new Map(removed);
    this.#losses.push(...losses);
    return step;
  }
}
