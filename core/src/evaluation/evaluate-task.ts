import type { LiveModel } from '../model/live-model.js';
import type { Passes } from '../passes/passes.js';
import type { ChoiceTask, TaskMetric } from '../ports/task.js';
import { type AskOptions, ask } from './ask.js';
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

/** What a model made of a task of questions. */
export interface ChoiceResult {
  readonly kind: 'choice';
  readonly items: readonly ItemResult[];
  readonly metrics: Readonly<Partial<Record<TaskMetric, Mean>>>;
  /** Items of which the model could not read the beginning. */
  readonly cut: number;
}

/**
 * Asks a model the items of a task.
 * @throws SecateurError E_NUMERICS, E_ENGINE
 */
export const evaluateTask = async (
  passes: Passes,
  model: LiveModel,
  { metrics }: ChoiceTask,
  items: readonly ReadItem[],
  options?: AskOptions,
): Promise<ChoiceResult> => {
  const found = await ask(passes, model, items, options);
  const results = items.map((item, i): ItemResult => {
    const { key, place, gold } = item;
    const choice = Object.fromEntries(metrics.map(metric => [metric, choiceBy(metric, found[i]!, item)]));
    return { key, place, gold, logLikelihoods: found[i]!, choice };
  });
  return {
    kind: 'choice',
    items: results,
    metrics: Object.fromEntries(
      metrics.map(metric => [metric, meanOf(results.map(({ choice, gold }) => choice[metric] === gold))]),
    ),
    cut: items.filter(({ cut }) => cut > 0).length,
  };
};
