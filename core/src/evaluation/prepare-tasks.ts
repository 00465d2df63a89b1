import { didYouMean, SecateurError } from '../errors.js';
import type { LiveModel } from '../model/live-model.js';
import type { Passes } from '../passes/passes.js';
import type { DataOptions } from '../ports/data-importer.js';
import { type Row, RowReader } from '../ports/rows.js';
import { Task } from '../ports/task.js';
import type { Session } from '../session.js';
import type { Asked, AskOptions } from './ask.js';
import { dataFile } from './data-file.js';
import { type DocumentResult, evaluateDocuments } from './evaluate-documents.js';
import { type ChoiceResult, evaluateTask } from './evaluate-task.js';
import { readDocuments } from './read-documents.js';
import { type ReadItem, readItems } from './read-items.js';
import type { Reading } from './reading.js';

/** A task by its name, with its data: a file of rows, or what an importer makes one of. */
export interface NamedTask {
  readonly name: string;
  readonly data: string;
}

/** A task whose data is read and checked, and how it is measured. */
export interface PreparedTask {
  readonly name: string;
  /** That was read. */
  readonly file: string;
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

export interface PrepareOptions extends DataOptions {
  /** Items of each task, the first ones. Default: all. */
  readonly limit?: number | undefined;
}

/**
 * Reads the data of some tasks, and fetches it where it must, before the first of them is asked.
 * @throws SecateurError E_UNKNOWN_PLUGIN, E_TASK_DATA, E_TOKENIZER, and what the reader of rows throws
 */
export const prepareTasks = async (
  session: Pick<Session, 'every' | 'active' | 'log'>,
  named: readonly NamedTask[],
  reading: Reading,
  { limit, ...options }: PrepareOptions = {},
): Promise<readonly PreparedTask[]> => {
  const tasks = named.map(({ name }) => taskNamed(session, name));
  const prepared: PreparedTask[] = [];
  for (const [i, { name, data }] of named.entries()) {
    const { source } = tasks[i]!;
    const wanted = typeof source === 'string' ? undefined : source;
    const file = await dataFile(session, data, wanted, options);
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
