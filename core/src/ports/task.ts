import { createToken } from '../token.js';

/** What a model is asked for: how likely `continuation` is behind `context`. */
export interface ContinuationRequest {
  readonly context: string;
  /** With the space that it begins with. */
  readonly continuation: string;
}

/** A question whose answer is the choice that the model finds likeliest. */
export interface TaskItem {
  /** One for each choice. */
  readonly requests: readonly ContinuationRequest[];
  /** Characters of each choice without the space before it: what acc_norm divides by. */
  readonly lengths: readonly number[];
  /** Index of the right choice. */
  readonly gold: number;
}

/** `acc`: the choice of the highest log-likelihood. `acc_norm`: of the highest log-likelihood per character. */
export type TaskMetric = 'acc' | 'acc_norm';

/** Port: a benchmark of questions with choices. Every one that a plugin provides can be asked for by its name. */
export interface Task {
  /** Counts up whenever an item or its grade may change: results of different versions are different measures. */
  readonly version: number;
  /** Of the data. */
  readonly licence: string;
  /** Where the data comes from, for people. */
  readonly source: string;
  /** What is reported; the last one is the one that papers quote. */
  readonly metrics: readonly TaskMetric[];
  /**
   * One row of the data as a question.
   * @throws Error with a clause that says what is wrong with the row: `has no "goal", expected a text`
   */
  item(row: unknown): TaskItem;
}
export const Task = createToken<Task>('task', 'all');
