import { evaluateText, modelFrom, SecateurError, type Session } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { measureTasks, type TaskFlags } from '../eval/measure-tasks.js';
import { taskReport } from '../eval/task-report.js';
import { taskTable } from '../eval/task-table.js';
import { resolveInvocation, withSession } from '../open.js';
import {
  absolute,
  configOption,
  deviceOption,
  flagLayer,
  jsonOption,
  MODEL,
  namedFile,
  type RunFlags,
  wholeNumber,
} from '../options.js';
import { progressOf } from '../progress.js';

interface EvalOptions extends Partial<TaskFlags> {
  readonly text?: string;
  readonly chunk: number;
  readonly adapter?: string;
  readonly config?: string;
  readonly device?: RunFlags['device'];
  readonly json?: boolean;
  readonly samples?: boolean;
}

/** `secateur eval`: perplexity of a model on a text, or its answers to the questions of tasks. */
export const evaluate = (root: Command, console: Console): void => {
  root
    .command('eval')
    .description('measure the perplexity of a model on a text, or ask it the questions of tasks')
    .argument('<model>', MODEL)
    .option('-t, --text <file>', 'text to predict')
    .option(
      '-n, --chunk <tokens>',
      'tokens that are read at a time; compare only at equal chunks',
      wholeNumber(2),
      128,
    )
    .option('--tasks <names>', 'tasks to ask, zero-shot: all, or names with commas between them')
    .option('--data <task=file>', 'rows of a task: JSON Lines, JSON or Parquet; repeatable', namedFile)
    .option('--limit <items>', 'items of each task, the first ones (default: all)', wholeNumber(2))
    .option('--samples', 'with --json: every item, with the log-likelihood of each choice')
    .option('-a, --adapter <folder>', 'PEFT LoRA adapter of the model')
    .addOption(deviceOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (name: string, options: EvalOptions) => {
      const { text, tasks, config, device } = options;
      if ((text === undefined) === (tasks === undefined))
        throw new SecateurError('E_USAGE', 'eval measures one thing, expected --text FILE or --tasks NAMES', {
          hint: 'npx secateur eval DIR --text FILE, or --tasks all --data TASK=FILE ...',
        });
      const resolved = await resolveInvocation({ config, flags: flagLayer({ device }) }, console);
      const { cwd } = console;
      const model = {
        model: modelFrom(cwd, name),
        ...(options.adapter === undefined ? {} : { adapter: absolute(cwd, options.adapter) }),
      };
      await withSession(resolved, session =>
        text === undefined
          ? askTasks(session, console, model, { ...options, tasks: tasks! })
          : measureText(session, console, model, { ...options, text }),
      );
    });
};

interface Model {
  readonly model: string;
  readonly adapter?: string;
}

const measureText = async (
  session: Session,
  console: Console,
  model: Model,
  { text, chunk, json }: EvalOptions & { readonly text: string },
): Promise<void> => {
  const { cwd, out, signal } = console;
  const found = await progressOf(session, console, 'eval', 'Measure the perplexity', onProgress =>
    evaluateText(session, {
      ...model,
      file: absolute(cwd, text),
      chunk,
      signal,
      onProgress: (done, total, place) => onProgress(done, total, 'batches', place),
    }),
  );
  if (json) out(`${JSON.stringify(found)}\n`);
  else
    out(`perplexity ${found.perplexity.toFixed(4)}  (${found.tokens} tokens in chunks of ${found.chunk})\n`);
};

const askTasks = async (
  session: Session,
  console: Console,
  model: Model,
  { json, samples = false, ...flags }: EvalOptions & TaskFlags,
): Promise<void> => {
  const tasks = await measureTasks(session, console, model, flags);
  console.out(json ? `${JSON.stringify(taskReport(model.model, tasks, { samples }))}\n` : taskTable(tasks));
};
