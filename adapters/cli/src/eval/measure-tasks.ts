import path from 'node:path';
import {
  cacheFolder,
  evaluateTasks,
  type MeasuredTask,
  SecateurError,
  type Session,
  Task,
  taskNamed,
} from '@secateur/core';
import type { Console } from '../console.js';
import { absolute } from '../options.js';
import { progressOf } from '../progress.js';
import { answerFile } from './answer-file.js';

export interface TaskFlags {
  /** `all` that ask questions, or names with commas between them. */
  readonly tasks: string;
  /** Data files by task. */
  readonly data?: Readonly<Record<string, string>> | undefined;
  readonly limit?: number | undefined;
}

/** Asks a model the tasks that the command line names. Answers are kept in the cache, by model and task. */
export const measureTasks = (
  session: Session,
  console: Pick<Console, 'cwd' | 'clock' | 'signal'>,
  { model, adapter }: { readonly model: string; readonly adapter?: string | undefined },
  flags: TaskFlags,
): Promise<readonly MeasuredTask[]> => {
  const tasks = chosen(session, console.cwd, flags);
  return progressOf(session, console, 'eval', 'Ask the questions', onProgress =>
    evaluateTasks(session, {
      model,
      tasks,
      ...(adapter === undefined ? {} : { adapter }),
      ...(flags.limit === undefined ? {} : { limit: flags.limit }),
      answers: (of, task) => answerFile(path.join(cacheFolder(), 'answers', of, `${task}.jsonl`)),
      signal: console.signal,
      onProgress: (done, total, place) => onProgress(done, total, 'tokens', place),
    }),
  );
};

const chosen = (session: Session, cwd: string, { tasks, data = {} }: TaskFlags) => {
  const names =
    tasks === 'all'
      ? session.every(Task).flatMap(({ name, implementation: { kind } }) => (kind === 'choice' ? [name] : []))
      : [...new Set(tasks.split(',').map(name => name.trim()))];
  for (const name of [...names, ...Object.keys(data)]) taskNamed(session, name);
  return names.map(name => {
    const file = data[name];
    if (file !== undefined) return { name, file: absolute(cwd, file) };
    throw new SecateurError('E_USAGE', `the task "${name}" has no data, expected a file of its rows`, {
      hint: `npx secateur eval DIR --tasks ${name} --data ${name}=FILE, with the rows of ${taskNamed(session, name).source}`,
    });
  });
};
