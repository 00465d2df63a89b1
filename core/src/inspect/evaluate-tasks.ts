import { systemClock } from '../clock.js';
import { didYouMean, SecateurError } from '../errors.js';
import type { Answers } from '../evaluation/answers.js';
import type { Asked, AskOptions } from '../evaluation/ask.js';
import { type DocumentResult, evaluateDocuments } from '../evaluation/evaluate-documents.js';
import { type ChoiceResult, evaluateTask } from '../evaluation/evaluate-task.js';
import { readDocuments } from '../evaluation/read-documents.js';
import { type ReadItem, readItems } from '../evaluation/read-items.js';
import type { Reading } from '../evaluation/reading.js';
import type { LiveModel } from '../model/live-model.js';
import type { Passes } from '../passes/passes.js';
import { passesFor } from '../passes/passes-for.js';
import { Engine } from '../ports/engine.js';
import { type Row, RowReader } from '../ports/rows.js';
import { Task } from '../ports/task.js';
import { TokenizerFormat } from '../ports/tokenizer.js';
import type { Session } from '../session.js';
import { openModel } from './open-model.js';

/** A task by its name, with the file that holds its data. */
export interface NamedTask {
  readonly name: string;
  readonly file: string;
}

export interface EvaluateTasksOptions {
  /** What `model` may name: a folder, a file, `hf:owner/name`. */
  readonly model: string;
  readonly adapter?: string;
  readonly tasks: readonly NamedTask[];
  /** Items of each task, the first ones. Default: all. */
  readonly limit?: number;
  /**
   * What is known of a task already.
   * @param model tells the model, its adapter and the device from others
   */
  readonly answers?: (model: string, task: string) => Answers;
  readonly signal?: AbortSignal;
  /** In tokens of all tasks; `place` is the task. */
  readonly onProgress?: (done: number, total: number, place: string) => void;
}

/** What a task was measured on. */
interface Measured {
  readonly name: string;
  readonly version: number;
  readonly file: string;
  /** sha256 (hex) of the data file. */
  readonly hash: string;
}

/** A task's result, with what it was measured on. */
export type MeasuredTask = MeasuredChoices | MeasuredDocuments;
export type MeasuredChoices = Measured & ChoiceResult;
export type MeasuredDocuments = Measured & DocumentResult;

/**
 * A task of that name.
 * @throws SecateurError E_UNKNOWN_PLUGIN
 */
export const taskNamed = (session: Session, name: string): Task => {
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
 * Asks a model the questions of some tasks, zero-shot. All data is read and checked before the first question.
 * @throws SecateurError E_UNKNOWN_PLUGIN, E_TASK_DATA, E_TOKENIZER, E_NUMERICS, and what the ports throw
 */
export const evaluateTasks = async (
  session: Session,
  options: EvaluateTasksOptions,
): Promise<readonly MeasuredTask[]> => {
  const { limit, answers, signal, onProgress } = options;
  const known = options.tasks.map(({ name }) => taskNamed(session, name));
  const { model, folder, hash } = await openModel(session, options.model, options);
  const tokenizer = await session.active(TokenizerFormat).open(folder);
  const reading = {
    tokenizer,
    vocabulary: model.vocabulary,
    limit: model.source.tracer.maxSequence(model.source.config),
  };
  const prepared = [];
  for (const [i, { name, file }] of options.tasks.entries()) {
    const { rows, hash } = await session.active(RowReader).read(file);
    prepared.push({ name, file, hash, ...prepare(session, name, known[i]!, rows.slice(0, limit), reading) });
  }
  const engine = session.active(Engine);
  const passes = passesFor(model.graph({ batch: 1, sequence: 2 }), session.config.stream, {
    engine,
    clock: systemClock,
  });
  const label = answers ? `${await hash()}@${engine.info().name}-${engine.info().device}` : '';
  const total = prepared.reduce((sum, { tokens }) => sum + tokens, 0);
  let done = 0;
  const measured: MeasuredTask[] = [];
  try {
    for (const { name, file, hash, version, tokens, evaluate } of prepared) {
      const result = await evaluate(passes, model, {
        ...(answers ? { answers: answers(label, `${name}-v${version}`) } : {}),
        signal,
        onProgress: (runs, of) => onProgress?.(done + (runs / of) * tokens, total, name),
      });
      done += tokens;
      onProgress?.(done, total, name);
      measured.push({ name, version, file, hash, ...result });
    }
  } finally {
    await engine.close();
  }
  return measured;
};

/** A task whose rows are read, and how it is measured. */
interface Prepared {
  readonly version: number;
  readonly tokens: number;
  evaluate(passes: Passes, model: LiveModel, options: AskOptions): Promise<ChoiceResult | DocumentResult>;
}

const prepare = (
  session: Session,
  name: string,
  task: Task,
  rows: readonly Row[],
  reading: Reading,
): Prepared => {
  const { version } = task;
  if (task.kind === 'document') {
    const documents = readDocuments(name, task, rows, reading);
    return {
      version,
      tokens: tokensOf(documents),
      evaluate: (passes, model, options) => evaluateDocuments(passes, model, documents, options),
    };
  }
  const items = readItems(name, task, rows, reading);
  warnOfCut(session, name, items, reading.limit);
  return {
    version,
    tokens: tokensOf(items),
    evaluate: (passes, model, options) => evaluateTask(passes, model, task, items, options),
  };
};

const tokensOf = (items: readonly Asked[]): number =>
  items.reduce((sum, { texts }) => sum + texts.reduce((all, { ids }) => all + ids.length, 0), 0);

const warnOfCut = ({ log }: Session, name: string, items: readonly ReadItem[], limit: number): void => {
  const cut = items.filter(item => item.cut > 0);
  if (cut.length === 0) return;
  const places = cut.slice(0, 3).map(({ place, cut }) => `${place} by ${cut}`);
  log(
    'warn',
    `${name}: ${cut.length} of ${items.length} items are longer than the ${limit} tokens that the model reads, and lose their beginning: ${places.join(', ')}${cut.length > 3 ? ', …' : ''}`,
  );
};
