import type { ResolvedConfig } from '../config/schema.js';
import { type Schedule, warmupCosine } from './schedule.js';

/** Steps and learning rate of a whole run: pruning and recovery share one schedule. */
export interface TrainingPlan {
  readonly tokensPerStep: number;
  readonly steps: number;
  readonly learningRate: Schedule;
}

/** The plan that `train` asks for. */
export const trainingPlan = ({ train }: Pick<ResolvedConfig, 'train'>): TrainingPlan => {
  const tokensPerStep = train.batch * train.sequence;
  const steps = Math.max(1, Math.round(train.tokens / tokensPerStep));
  return {
    tokensPerStep,
    steps,
    learningRate: warmupCosine(train.learningRate, steps, { warmup: train.warmup }),
  };
};
