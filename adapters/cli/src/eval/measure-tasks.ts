import { evaluateTasks, type MeasuredTask, type Session } from '@secateur/core';
import type { Console } from '../console.js';
import { progressOf } from '../progress.js';
import { cachedAnswers } from './answer-file.js';
import { chosenTasks, type TaskFlags } from './chosen-tasks.js';

export interface MeasureFlags extends TaskFlags {
  readonly limit?: number | undefined;
}

/** Asks a model the tasks that the command line names. Answers are kept in the cache, by model and task. */
export const measureTasks = (
  session: Session,
  console: Pick<Console, 'cwd' | 'clock' | 'signal'>,
  { model, adapter }: { readonly model: string; readonly adapter?: string | undefined },
  flags: MeasureFlags,
): Promise<readonly MeasuredTask[]> => {
  const tasks = chosenTasks(session, console.cwd, flags);
  return progressOf(session, console, 'eval', 'Ask the questions', onProgress =>
    evaluateTasks(session, {
      model,
      tasks,
      ...(adapter === undefined ? {} : { adapter }),
      ...(flags.limit === undefined ? {} : { limit: flags.limit }),
      answers: cachedAnswers,
      signal: console.signal,
      onProgress: (done, total, place) => onProgress(done, total, 'tokens', place),
    }),
  );
};
