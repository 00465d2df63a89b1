import { didYouMean, SecateurError } from '../errors.js';
import type { LiveModel } from '../model/live-model.js';
import type { Passes } from '../passes/passes.js';
import { type Row, RowReader } from '../ports/rows.js';
import { Task } from '../ports/task.js';
import type { Session } from '../session.js';
import type { Asked, AskOptions } from './ask.js';
import { type DocumentResult, evaluateDocuments } from './evaluate-documents.js';
import { type ChoiceResult, evaluateTask } from './evaluate-task.js';
import { readDocuments } from './read-documents.js';
import { type ReadItem, readItems } from './read-items.js';
import type { Reading } from './reading.js';

/** A task by its name, with the file that holds its data. */
export interface NamedTask {
  readonly name: string;
  readonly file: string;
}

/** A task whose data is read and checked, and how it is measured. */
export interface PreparedTask extends NamedTask {
  readonly version: number;
  /** sha256 (hex) of the data file. */
  readonly hash: string;
  /** Of all its texts: how much of the work it is. */
  readonly tokens: number;
  evaluate(passes: Passes, model: LiveModel, options?: AskOptions): Promise<ChoiceResult | DocumentResult>;
}

/**
 * A task of that name.
 * @throws SecateurError E_UNKNOWN_PLUGIN
 */
export const taskNamed = (session: Pick<Session, 'every'>, name: string): Task => {
  const tasks = session.every(Task);
  const found = tasks.find(task => task.name === name);
  if (found) return found.implementation;
  const names = tasks.map(task => task.name);
  const near = didYouMean(name, names);
  throw new SecateurError('E_UNKNOWN_PLUGIN', `no plugin provides the task "${name}"`, {
    hint: `${near === undefined ? '' : `Did you mean "${near}"? `}Available: ${names.join(', ')}.`,
  });
};

/**
 * Reads the data of some tasks, before the first of them is asked.
 * @param limit items of each task, the first ones; default all
 * @throws SecateurError E_UNKNOWN_PLUGIN, E_TASK_DATA, E_TOKENIZER, and what the reader of rows throws
 */
export const prepareTasks = async (
  session: Pick<Session, 'every' | 'active' | 'log'>,
  named: readonly NamedTask[],
  reading: Reading,
  limit?: number,
): Promise<readonly PreparedTask[]> => {
  const tasks = named.map(({ name }) => taskNamed(session, name));
  const prepared: PreparedTask[] = [];
  for (const [i, { name, file }] of named.entries()) {
    const { rows, hash } = await session.active(RowReader).read(file);
    const one = prepare(session, name, tasks[i]!, rows.slice(0, limit), reading);
    prepared.push({ name, file, hash, version: tasks[i]!.version, ...one });
  }
  return prepared;
};

const prepare = (
  session: Pick<Session, 'log'>,
  name: string,
  task: Task,
  rows: readonly Row[],
  reading: Reading,
): Pick<PreparedTask, 'tokens' | 'evaluate'> => {
  if (task.kind === 'document') {
    const documents = readDocuments(name, task, rows, reading);
    return {
      tokens: tokensOf(documents),
      evaluate: (passes, model, options) => evaluateDocuments(passes, model, documents, options),
    };
  }
  const items = readItems(name, task, rows, reading);
  warnOfCut(session, name, items, reading.limit);
  return {
    tokens: tokensOf(items),
    evaluate: (passes, model, options) => evaluateTask(passes, model, task, items, options),
  };
};

const tokensOf = (items: readonly Asked[]): number =>
  items.reduce((sum, { texts }) => sum + texts.reduce((all, { ids }) => all + ids.length, 0), 0);

const warnOfCut = (
  { log }: Pick<Session, 'log'>,
  name: string,
  items: readonly ReadItem[],
  limit: number,
): void => {
  const cut = items.filter(item => item.cut > 0);
  if (cut.length === 0) return;
  const places = cut.slice(0, 3).map(({ place, cut }) => `${place} by ${cut}`);
  log(
    'warn',
    `${name}: ${cut.length} of ${items.length} items are longer than the ${limit} tokens that the model reads, and lose their beginning: ${places.join(', ')}${cut.length > 3 ? ', …' : ''}`,
  );
};
