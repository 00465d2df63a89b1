import { createToken } from '../token.js';
import type { DataSplit } from './data-importer.js';

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

interface Benchmark {
  /** Counts up whenever an item or its grade may change: results of different versions are different measures. */
  readonly version: number;
  /** Of the data. */
  readonly licence: string;
  /** Where the data comes from: a split that an importer can fetch, or words for people. */
  readonly source: DataSplit | string;
}

/** A benchmark of questions with choices. */
export interface ChoiceTask extends Benchmark {
  readonly kind: 'choice';
  /** What is reported; the last one is the one that papers quote. */
  readonly metrics: readonly TaskMetric[];
  /**
   * One row of the data as a question.
   * @throws Error with a clause that says what is wrong with the row: `has no "goal", expected a text`
   */
  item(row: unknown): TaskItem;
}

/** A document that is predicted whole. */
export interface TaskDocument {
  readonly text: string;
  /** Words that word perplexity counts, in the data as it is. */
  readonly words: number;
  /** Bytes that byte perplexity and bits per byte count. */
  readonly bytes: number;
}

/** A benchmark of documents: perplexity by word and by byte, which do not depend on the tokenizer. */
export interface DocumentTask extends Benchmark {
  readonly kind: 'document';
  /**
   * One row of the data as a document.
   * @throws Error with a clause that says what is wrong with the row
   */
  document(row: unknown): TaskDocument;
}

/** Port: a benchmark. Every one that a plugin provides can be asked for by its name. */
export type Task = ChoiceTask | DocumentTask;
export const Task = createToken<Task>('task', 'all');
