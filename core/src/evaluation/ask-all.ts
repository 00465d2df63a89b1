import type { LiveModel } from '../model/live-model.js';
import type { Passes } from '../passes/passes.js';
import type { Answers } from './answers.js';
import type { AskOptions } from './ask.js';
import type { DocumentResult } from './evaluate-documents.js';
import type { ChoiceResult } from './evaluate-task.js';
import type { PreparedTask } from './prepare-tasks.js';

/** What a task was measured on. */
type Measured = Pick<PreparedTask, 'name' | 'version' | 'file' | 'hash'>;

export type MeasuredChoices = Measured & ChoiceResult;
export type MeasuredDocuments = Measured & DocumentResult;
/** A task's result, with what it was measured on. */
export type MeasuredTask = MeasuredChoices | MeasuredDocuments;

export interface AskAllOptions extends Pick<AskOptions, 'signal'> {
  /** What is known of a task already. */
  readonly answers?: ((task: PreparedTask) => Answers) | undefined;
  /** In tokens of all tasks; `place` is the task. */
  readonly onProgress?: ((done: number, total: number, place: string) => void) | undefined;
}

/** Asks a model one task after the other. */
export const askAll = async (
  passes: Passes,
  model: LiveModel,
  tasks: readonly PreparedTask[],
  { answers, signal, onProgress }: AskAllOptions = {},
): Promise<readonly MeasuredTask[]> => {
  const total = tasks.reduce((sum, { tokens }) => sum + tokens, 0);
  const measured: MeasuredTask[] = [];
  let done = 0;
  for (const task of tasks) {
    const { name, file, hash, version, tokens } = task;
    const result = await task.evaluate(passes, model, {
      ...(answers ? { answers: answers(task) } : {}),
      signal,
      onProgress: (runs, of) => onProgress?.(done + (runs / of) * tokens, total, name),
    });
    done += tokens;
    onProgress?.(done, total, name);
    measured.push({ name, version, file, hash, ...result });
  }
  return measured;
};
