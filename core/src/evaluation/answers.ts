import type { Engine } from '../ports/engine.js';
import type { PreparedTask } from './prepare-tasks.js';

/** Log-likelihoods that were computed before, by the hash of the tokens of their item. */
export interface Answers {
  get(hash: string): readonly number[] | undefined;
  /** Keeps them for the next time, whatever happens to this evaluation. */
  keep(hash: string, logLikelihoods: readonly number[]): void;
}

/** Answers that are forgotten with the process. */
export const noAnswers: Answers = { get: () => undefined, keep: () => {} };

/**
 * Answers that outlive an evaluation.
 * @param model tells the model, its adapter and the device from others
 * @param task tells the task and its version from others
 */
export type AnswersOf = (model: string, task: string) => Answers;

/** Those of one model, by task. `hash` tells the model and its adapter from others. */
export const answersFor = (answers: AnswersOf, hash: string, engine: Engine) => {
  const { name, device } = engine.info();
  return (task: Pick<PreparedTask, 'name' | 'version'>): Answers =>
    answers(`${hash}@${name}-${device}`, `${task.name}-v${task.version}`);
};
