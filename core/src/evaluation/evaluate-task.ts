import { type LikelihoodOptions, logLikelihoods } from '../likelihood/log-likelihoods.js';
import type { LiveModel } from '../model/live-model.js';
import type { Passes, PassOptions } from '../passes/passes.js';
import type { Task, TaskMetric } from '../ports/task.js';
import { type Answers, noAnswers } from './answers.js';
import { choiceBy, type Mean, meanOf } from './grade.js';
import type { ReadItem } from './read-items.js';

/** What a model made of one item. */
export interface ItemResult {
  /** sha256 (hex) of the requests: the same question in every result. */
  readonly key: string;
  readonly place: string;
  readonly gold: number;
  /** In nats, one for each choice. */
  readonly logLikelihoods: readonly number[];
  /** Index of the choice that each metric finds. */
  readonly choice: Readonly<Partial<Record<TaskMetric, number>>>;
}

/** What a model made of a task. */
export interface TaskResult {
  readonly version: number;
  readonly items: readonly ItemResult[];
  readonly metrics: Readonly<Partial<Record<TaskMetric, Mean>>>;
  /** Items of which the model could not read the beginning. */
  readonly cut: number;
}

export interface EvaluateTaskOptions extends PassOptions {
  /** Items that are known already. Default none. */
  readonly answers?: Answers;
  readonly sequence?: LikelihoodOptions['sequence'];
}

/**
 * Scores the items of a task, those first that were not scored before. Equal items are scored once.
 * @throws SecateurError E_NUMERICS, E_ENGINE
 */
export const evaluateTask = async (
  passes: Passes,
  model: LiveModel,
  task: Task,
  items: readonly ReadItem[],
  { answers = noAnswers, sequence, signal, onProgress }: EvaluateTaskOptions = {},
): Promise<TaskResult> => {
  const found = new Map<string, readonly number[]>();
  const open = new Map<string, ReadItem>();
  for (const item of items) {
    const known = answers.get(item.answer);
    if (known?.length === item.requests.length) found.set(item.answer, known);
    else open.set(item.answer, item);
  }
  const asked = [...open.values()];
  await logLikelihoods(
    passes,
    model,
    asked.map(({ texts }) => texts),
    {
      sequence,
      signal,
      onProgress,
      onItem(index, values) {
        const { answer } = asked[index]!;
        found.set(answer, [...values]);
        answers.keep(answer, values);
      },
    },
  );
  const results = items.map((item): ItemResult => {
    const values = found.get(item.answer)!;
    const choice = Object.fromEntries(task.metrics.map(metric => [metric, choiceBy(metric, values, item)]));
    return { key: item.key, place: item.place, gold: item.gold, logLikelihoods: values, choice };
  });
  return {
    version: task.version,
    items: results,
    metrics: Object.fromEntries(
      task.metrics.map(metric => [
        metric,
        meanOf(results.map(({ choice, gold }) => choice[metric] === gold)),
      ]),
    ),
    cut: items.filter(({ cut }) => cut > 0).length,
  };
};
