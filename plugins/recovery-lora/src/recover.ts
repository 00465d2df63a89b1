import {
  adapterState,
  cloneLora,
  hasDocuments,
  LiveModel,
  LossMeter,
  type LossPoint,
  quantisedWeights,
  type Recovery,
  type RecoveryOutcome,
  type RecoveryRound,
  type RecoveryTask,
  type Schedule,
  type Sequence,
  type SourceData,
  type SourceState,
  stepFeeds,
  Trainer,
  type TrainingLoss,
  trainingPlan,
  warmupCosine,
  widenLora,
} from '@secateur/core';
import type { RecoveryOptions } from './options.js';
import { roundShares } from './round-shares.js';
import { apportion, hasConverged, readHeads, roundSteps, shuffled } from './rounds.js';
import { checkStages, objective, planStages, type Stage } from './stages.js';

const PARTIAL = 'recover.partial';
/** Below the run's folder: what training alone reads. Gone when the stage is over. */
const FOLDER = ['checkpoints', 'recover.frozen'] as const;

interface Progress {
  readonly stage: number;
  readonly round: number;
  readonly stepInRound: number;
  readonly step: number;
  /** Step at which the stage began: an earlier one may have ended before its time. */
  readonly begun: number;
  readonly adamStep: number;
  readonly best: number | null;
  readonly weights: readonly number[];
  /** By source, when the round began. */
  readonly standing: Readonly<Record<string, number>>;
  readonly read: Readonly<Record<string, number>>;
  readonly rounds: readonly RecoveryRound[];
  readonly losses: LossPoint[];
}

/**
 * Dynamic knowledge recovery (LoRAShear Alg. 5): first on the pretraining sources, then on instructions; round by
 * round, each source gets the share that the sampler finds it has lost. The best round's adapter is kept.
 */
export class LoraRecovery implements Recovery {
  constructor(private readonly options: RecoveryOptions) {}

  check(sources: readonly SourceData[]): void {
    checkStages(sources, this.options);
  }

  recover(task: RecoveryTask): Promise<RecoveryOutcome> {
    return new RecoveryRun(task, this.options).execute();
  }
}

class RecoveryRun {
  readonly #model: LiveModel;
  readonly #stages: readonly Stage[];
  #progress: Progress = {
    stage: 0,
    round: 0,
    stepInRound: 0,
    step: 0,
    begun: 0,
    adamStep: 0,
    best: null,
    weights: [],
    standing: {},
    read: {},
    rounds: [],
    losses: [],
  };
  #best: ReadonlyMap<string, Float32Array>;
  #dense: Readonly<Record<string, number>> = {};
  #guide: TrainingLoss['guide'];

  constructor(
    private readonly task: RecoveryTask,
    private readonly options: RecoveryOptions,
  ) {
    const { source, lora, changed } = task.model;
    const wide = widenLora(lora, options.rank, task.run.rng.fork('recover/rank'));
    this.#model = new LiveModel(source, cloneLora(wide), changed);
    this.#best = cloneLora(wide).arrays;
    this.#stages = planStages(task.sources, Math.floor(task.tokens / task.batches.tokens), options);
  }

  async execute(): Promise<RecoveryOutcome> {
    const { run, batches } = this.task;
    this.#dense = await this.#measureDense();
    const saved = await run.store.load(PARTIAL);
    if (saved) this.#restore(saved.json as Progress, saved.tensors);
    const student = this.#model.graph(batches.shape);
    const file = run.store.path(...FOLDER, 'frozen.int8');
    const quantised = await quantisedWeights(run, this.#model, student, file);
    const { lora, changed } = this.#model;
    const { graph, fixed, guide } = this.task.loss(student);
    this.#guide = guide;
    const train = { ...run.config.train, quantised };
    const trainer = await Trainer.open(
      run.engine,
      graph,
      lora.arrays,
      new Map([...changed, ...fixed]),
      train,
    );
    if (saved) trainer.optimizer.restore(this.#progress.adamStep, saved.tensors);
    const meter = await this.#meter(this.#model);
    try {
      while (this.#progress.stage < this.#stages.length)
        await this.#stage(this.#stages[this.#progress.stage]!, trainer, meter);
    } finally {
      await meter.close();
      await trainer.close();
      await run.store.removeFolder(...FOLDER);
    }
    const { rounds, losses, step } = this.#progress;
    const model = new LiveModel(
      this.#model.source,
      { specs: this.#model.lora.specs, arrays: this.#best },
      this.#model.changed,
    );
    return { model, rounds, losses, tokens: step * batches.tokens };
  }

  async #stage(stage: Stage, trainer: Trainer, meter: LossMeter): Promise<void> {
    const { rounds } = this.options;
    while (this.#progress.round < rounds) {
      const { round } = this.#progress;
      if (this.#progress.stepInRound === 0) {
        const now = await this.#measure(meter);
        await this.task.run.hooks.beforeRound.promise({ round: round + 1, losses: now }, this.task.run);
        // The cut model itself is the first candidate: recovery never makes things worse.
        if (round === 0) this.#update({ best: null });
        this.#considerBest(stage, now);
        this.#update({ weights: await this.#weights(stage, now), standing: now });
      }
      await this.#train(stage, roundSteps(stage.steps, rounds, round), trainer);
      const losses = await this.#measure(meter);
      this.#considerBest(stage, losses);
      this.#finishRound(stage, losses);
      await this.task.run.hooks.afterRound.promise({ round: round + 1, losses }, this.task.run);
      const history = this.#progress.rounds
        .filter(({ stage: name }) => name === stage.name)
        .map(r => objective(stage, r.losses));
      if (hasConverged(history, this.options.patience, this.options.tolerance)) break;
    }
    this.#update({ stage: this.#progress.stage + 1, round: 0, begun: this.#progress.step });
    for (const [name, data] of this.#best) this.#model.lora.arrays.get(name)!.set(data);
  }

  async #train(stage: Stage, steps: number, trainer: Trainer): Promise<void> {
    const { run, batches, tokens } = this.task;
    const all = Math.floor(tokens / batches.tokens);
    // Steps that pruning has taken.
    const offset = Math.round((run.config.train.tokens - tokens) / batches.tokens);
    const rate = this.#schedule(stage, offset);
    const counts = apportion(this.#progress.weights, steps * batches.batch);
    const order = shuffled(counts, run.rng.fork(`recover/${stage.name}/${this.#progress.round}`));
    const heads = readHeads(order, stage.sources, this.#progress.read);
    while (this.#progress.stepInRound < steps) {
      const { step, stepInRound } = this.#progress;
      const own = order.slice(stepInRound * batches.batch, (stepInRound + 1) * batches.batch);
      const rows = own.map(
        (source, row): Sequence =>
          batches.from(stage.sources[source]!, heads[stepInRound * batches.batch + row]!),
      );
      const learningRate = rate(step);
      run.hooks.beforeStep.call({ stage: 'recover', step: step + 1, steps: all, learningRate });
      const parts = stepFeeds(rows, batches.shape).map((part, i) => {
        const sources = own.slice(i * batches.shape.batch, (i + 1) * batches.shape.batch);
        return { ...part, ...this.#guide?.(sources.map(source => this.#stateOf(stage.sources[source]!))) };
      });
      const loss = await trainer.step(parts, learningRate);
      this.#progress.losses.push({ step: offset + step, loss });
      this.#update({ step: step + 1, stepInRound: stepInRound + 1 });
      run.hooks.afterStep.call({ stage: 'recover', step: step + 1, steps: all, loss, learningRate });
      run.progress(step + 1, all, 'steps', `loss ${loss.toFixed(3)}`);
      if ((step + 1) % run.config.checkpoint.steps === 0 || run.signal.aborted) await this.#save(trainer);
      run.signal.throwIfAborted();
    }
    const read = { ...this.#progress.read };
    counts.forEach((count, i) => {
      const { name } = stage.sources[i]!;
      read[name] = (read[name] ?? 0) + count;
    });
    this.#update({ read, stepInRound: 0 });
  }

  /**
   * The first stage goes on with the schedule that pruning began; a second stage has a rise and a fall of its own, since
   * the tail of the first would teach it nothing.
   */
  #schedule(stage: Stage, offset: number): Schedule {
    const { config } = this.task.run;
    if (stage === this.#stages[0]) {
      const { learningRate } = trainingPlan(config);
      return step => learningRate(offset + step);
    }
    const schedule = warmupCosine(config.train.learningRate, stage.steps, { warmup: config.train.warmup });
    const { begun } = this.#progress;
    return step => schedule(step - begun);
  }

  #meter(model: LiveModel): Promise<LossMeter> {
    const { batches, run, sources } = this.task;
    return LossMeter.open(run.passes, model, {
      batch: batches.shape.batch,
      sequence: run.config.evaluate.chunk - 1,
      documents: sources.some(({ tuning }) => hasDocuments(tuning)),
    });
  }

  /** What the dense model loses on the sequences that every round is measured on. */
  async #measureDense(): Promise<Record<string, number>> {
    const meter = await this.#meter(this.task.dense);
    try {
      return await this.#measure(meter);
    } finally {
      await meter.close();
    }
  }

  async #measure(meter: LossMeter): Promise<Record<string, number>> {
    const losses: Record<string, number> = {};
    for (const { name, tuning } of this.task.sources)
      losses[name] = (await meter.mean(tuning.slice(0, this.options.tuning))).loss;
    return losses;
  }

  #weights({ sources }: Stage, losses: Readonly<Record<string, number>>): Promise<number[]> {
    const { round, weights } = this.#progress;
    return roundShares({
      sources,
      stateOf: source => this.#stateOf(source, losses),
      former: round === 0 ? undefined : weights,
      replay: this.options.replay,
      mixture: states => this.task.mixture(states),
    });
  }

  /** How a source stood when the round began. */
  #stateOf({ name }: SourceData, losses = this.#progress.standing): SourceState {
    return { name, loss: losses[name]!, denseLoss: this.#dense[name]! };
  }

  #considerBest(stage: Stage, losses: Readonly<Record<string, number>>): void {
    const now = objective(stage, losses);
    // Not `now >= best`: a loss that is no number is never better.
    if (this.#progress.best !== null && !(now < this.#progress.best)) return;
    this.#update({ best: now });
    this.#best = cloneLora(this.#model.lora).arrays;
  }

  #finishRound(stage: Stage, losses: Readonly<Record<string, number>>): void {
    const { round, weights, step, rounds } = this.#progress;
    const shares = Object.fromEntries(stage.sources.map(({ name }, i) => [name, weights[i]!]));
    const tokens = step * this.task.batches.tokens;
    this.#update({
      round: round + 1,
      rounds: [...rounds, { stage: stage.name, round, weights: shares, losses, tokens }],
    });
  }

  #update(change: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...change };
  }

  async #save(trainer: Trainer): Promise<void> {
    const { adamStep, tensors } = adapterState(this.#model, trainer.optimizer);
    this.#update({ adamStep });
    const best = Object.fromEntries([...this.#best].map(([name, data]) => [`best:${name}`, data]));
    await this.task.run.store.save(PARTIAL, { json: this.#progress, tensors: { ...tensors, ...best } });
  }

  #restore(progress: Progress, tensors: Readonly<Record<string, Float32Array | Float64Array>>): void {
    this.#progress = progress;
    for (const [name, data] of this.#model.lora.arrays) data.set(tensors[`lora:${name}`]!);
    for (const [name, data] of this.#best) data.set(tensors[`best:${name}`]!);
  }
}
