import {
  inputFrom,
  type NamedTask,
  SecateurError,
  type Session,
  sourceText,
  Task,
  taskNamed,
} from '@secateur/core';
import { namedFile } from '../options.js';

/** Where the data of tasks is. */
export interface TaskData {
  /** By task: a file of rows, or `hf:owner/dataset`. */
  readonly named: Readonly<Record<string, string>>;
  /** Of all other tasks: each from its own data set on the hub. */
  readonly hub: boolean;
}

/** Collects `TASK=FILE` and `hub` of every `--data`. */
export const taskData = (text: string, former: TaskData = { named: {}, hub: false }): TaskData =>
  text === 'hub' ? { ...former, hub: true } : { ...former, named: namedFile(text, former.named) };

export interface TaskFlags {
  /** `all` that ask questions, or names with commas between them. */
  readonly tasks: string;
  readonly data?: TaskData | undefined;
}

/**
 * The tasks that a command line names, each with its data.
 * @throws SecateurError E_UNKNOWN_PLUGIN, E_USAGE where a task has no data
 */
export const chosenTasks = (
  session: Pick<Session, 'every'>,
  cwd: string,
  { tasks, data = { named: {}, hub: false } }: TaskFlags,
): readonly NamedTask[] => {
  const names =
    tasks === 'all'
      ? session.every(Task).flatMap(({ name, implementation: { kind } }) => (kind === 'choice' ? [name] : []))
      : [...new Set(tasks.split(',').map(name => name.trim()))];
  for (const name of [...names, ...Object.keys(data.named)]) taskNamed(session, name);
  return names.map(name => {
    const { source } = taskNamed(session, name);
    const named = data.named[name] ?? (data.hub && typeof source === 'object' ? source.dataset : undefined);
    if (named !== undefined) return { name, data: inputFrom(cwd, named) };
    const other = typeof source === 'object' ? '; or --data hub, which fetches them' : '';
    throw new SecateurError('E_USAGE', `the task "${name}" has no data, expected a file of its rows`, {
      hint: `npx secateur eval DIR --tasks ${name} --data ${name}=FILE, with the rows of ${sourceText({ source })}${other}`,
    });
  });
};
