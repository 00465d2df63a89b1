import {
  type Bundle,
  costOf,
  GatedTraining,
  gatesWithout,
  joinSelections,
  type LossPoint,
  Pace,
  type PruneOptimizer,
  type PruneOutcome,
  type PruneTask,
  type Selection,
  selectionWithout,
  tellPeriod,
  trainingPlan,
  trainPruning,
} from '@secateur/core';
import { type Averages, asScores, averageScores } from './average.js';
import type { IterativeOptions } from './options.js';
import { type IterativeSchedule, planClosings } from './schedule.js';

const PARTIAL = 'prune.partial';
const AVERAGE = 'average:';

interface Progress {
  readonly step: number;
  readonly adamStep: number;
  /** Units that are closed, those of the present period among them. */
  readonly removed: readonly (readonly [string, readonly number[]])[];
  /** What the present period has closed. */
  readonly active: readonly (readonly [string, readonly number[]])[];
  readonly losses: readonly LossPoint[];
}

/** LoRAPrune's schedule: train, and every few steps close the units of the least average score. */
export class Iterative implements PruneOptimizer {
  constructor(private readonly options: IterativeOptions) {}

  async prune(task: PruneTask): Promise<PruneOutcome> {
    const training = await GatedTraining.open(task);
    try {
      const schedule = planClosings(trainingPlan(task.run.config).steps, this.options);
      return await new IterativeRun(task, this.options, schedule, training).execute();
    } finally {
      await training.close();
    }
  }
}

class IterativeRun {
  #removed: Selection = new Map();
  #active: Selection = new Map();
  #averages: Averages = new Map();
  readonly #losses: LossPoint[] = [];
  readonly #pace: Pace;

  constructor(
    private readonly task: PruneTask,
    private readonly options: IterativeOptions,
    private readonly schedule: IterativeSchedule,
    private readonly training: GatedTraining,
  ) {
    this.#pace = new Pace(task.run.clock, task.batches.tokens);
  }

  async execute(): Promise<PruneOutcome> {
    const { run, groups, batches } = this.task;
    const { steps, closings } = this.schedule;
    const saved = await run.store.load(PARTIAL);
    await trainPruning({
      run,
      start: saved ? this.#restore(saved) : 0,
      steps,
      losses: this.#losses,
      before: async step => {
        const period = closings.findIndex(closing => closing.step === step);
        if (period !== -1) await this.#beginPeriod(period);
      },
      step: (step, learningRate) =>
        this.#pace.step(async () => {
          const gates = gatesWithout(groups, this.#removed);
          return (await this.training.step(step, gates, learningRate)).loss;
        }),
      after: async step => {
        const next = closings.findIndex(closing => closing.step > step);
        const period = next === -1 ? closings.length - 1 : next - 1;
        const end = closings[period + 1]?.step ?? steps;
        if (period !== -1 && step === end - 1) await this.#endPeriod(period);
      },
      save: done => this.#save(done),
    });
    return {
      removed: this.#removed,
      model: this.training.model,
      tokens: steps * batches.tokens,
      losses: this.#losses,
    };
  }

  async #beginPeriod(period: number): Promise<void> {
    const { run, groups, quota, batches } = this.task;
    const { closings } = this.schedule;
    const { step, budget } = closings[period]!;
    const gates = gatesWithout(groups, this.#removed);
    // A batch and not the calibration sequences: there are many closings, and their average sees many batches.
    const scores = await this.task.score(this.training.model, gates, undefined, batches.at(step));
    this.#averages = averageScores(this.#averages, scores, this.options.decay, this.#removed);
    const chosen = await this.task.select(asScores(this.#averages), quota * budget, this.#removed);
    this.#active = selectionWithout(chosen, this.#removed);
    this.#removed = joinSelections(this.#removed, this.#active);
    const told = { period: period + 1, periods: closings.length, selection: this.#active };
    await run.hooks.beforePeriod.promise(told, run);
    this.#pace.take(); // what was before is no part of the period
  }

  async #endPeriod(period: number): Promise<void> {
    const { run, groups } = this.task;
    const at = { period: period + 1, periods: this.schedule.closings.length };
    await run.hooks.afterPeriod.promise({ ...at, selection: this.#active }, run);
    this.#active = new Map();
    const removed = costOf(this.#removed, groups);
    tellPeriod(run, { ...at, removed, tokensPerSecond: this.#pace.take() });
  }

  async #save(step: number): Promise<void> {
    const { adamStep, tensors } = this.training.state();
    const json: Progress = {
      step,
      adamStep,
      removed: [...this.#removed],
      active: [...this.#active],
      losses: this.#losses,
    };
    const averages = [...this.#averages].map(([id, data]) => [`${AVERAGE}${id}`, data] as const);
    await this.task.run.store.save(PARTIAL, {
      json,
      tensors: { ...tensors, ...Object.fromEntries(averages) },
    });
  }

  /** @returns steps that are done */
  #restore({ json, tensors }: Bundle): number {
    const { step, adamStep, removed, active, losses } = json as Progress;
    this.training.restore({ adamStep, tensors });
    this.#removed = new Map(removed);
    this.#active = new Map(active);
    this.#losses.push(...losses);
    this.#averages = new Map(
      this.task.groups.flatMap(({ id }) => {
        const average = tensors[`${AVERAGE}${id}`];
        return average ? [[id, Float64Array.from(average)]] : [];
      }),
    );
    return step;
  }
}
