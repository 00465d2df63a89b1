import type { LossPoint } from '../ports/prune-optimizer.js';
import type { RunContext } from '../run-context.js';
import { trainingPlan } from './plan.js';

/** The steps of a pruning method. */
export interface PruningSteps {
  readonly run: RunContext;
  /** Steps that a former process has done. */
  readonly start: number;
  readonly steps: number;
  /** Losses of the steps that are done; the others are added. */
  readonly losses: LossPoint[];
  /** Before a step, counted from 0: what is chosen. */
  before?(step: number): Promise<void>;
  /** One update; gives the loss before it. */
  step(step: number, learningRate: number): Promise<number>;
  /** Behind a step: what is over with it. */
  after?(step: number): Promise<void>;
  /** Saves all that the rest needs once `done` steps are done. */
  save(done: number): Promise<void>;
}

/**
 * Trains step by step at the run's learning rate, tells hooks and reporters, and saves at every `checkpoint.steps` steps
 * and when the run is aborted, which throws the reason of the signal.
 */
export const trainPruning = async ({
  run,
  start,
  steps,
  losses,
  save,
  ...method
}: PruningSteps): Promise<void> => {
  const { learningRate } = trainingPlan(run.config);
  for (let step = start; step < steps; step++) {
    await method.before?.(step);
    const told = { stage: 'prune', step: step + 1, steps, learningRate: learningRate(step) };
    run.hooks.beforeStep.call(told);
    const loss = await method.step(step, told.learningRate);
    losses.push({ step, loss });
    run.hooks.afterStep.call({ ...told, loss });
    run.progress(step + 1, steps, 'steps', `loss ${loss.toFixed(3)}`);
    await method.after?.(step);
    if ((step + 1) % run.config.checkpoint.steps === 0 || run.signal.aborted) await save(step + 1);
    run.signal.throwIfAborted();
  }
};
