import { evaluateText, type MeasuredTask, modelFrom, type Resolved, SecateurError } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { measureTasks, type TaskFlags } from '../eval/measure-tasks.js';
import { pairedTable } from '../eval/paired-table.js';
import { pairedTask } from '../eval/paired-tasks.js';
import { taskReport } from '../eval/task-report.js';
import { isChoice, taskTable } from '../eval/task-table.js';
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
  readonly against?: string;
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
    .option('--tasks <names>', 'tasks, zero-shot: all questions, or names with commas between them')
    .option('--data <task=file>', 'rows of a task: JSON Lines, JSON or Parquet; repeatable', namedFile)
    .option('--limit <items>', 'items of each task, the first ones (default: all)', wholeNumber(2))
    .option('--against <model>', 'another model, asked the same: what changed, item by item')
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
      const work = text === undefined ? askTasks : measureText;
      await work(resolved, console, model, options);
    });
};

interface Model {
  readonly model: string;
  readonly adapter?: string;
}

type Work = (resolved: Resolved, console: Console, model: Model, options: EvalOptions) => Promise<void>;

const measureText: Work = async (resolved, console, model, { text, chunk, json }) => {
  const { cwd, out, signal } = console;
  const found = await withSession(resolved, session =>
    progressOf(session, console, 'eval', 'Measure the perplexity', onProgress =>
      evaluateText(session, {
        ...model,
        file: absolute(cwd, text!),
        chunk,
        signal,
        onProgress: (done, total, place) => onProgress(done, total, 'batches', place),
      }),
    ),
  );
  if (json) out(`${JSON.stringify(found)}\n`);
  else
    out(`perplexity ${found.perplexity.toFixed(4)}  (${found.tokens} tokens in chunks of ${found.chunk})\n`);
};

const askTasks: Work = async (resolved, console, model, { json, samples = false, against, ...flags }) => {
  const ask = (of: Model): Promise<readonly MeasuredTask[]> =>
    withSession(resolved, session => measureTasks(session, console, of, { ...flags, tasks: flags.tasks! }));
  const tasks = await ask(model);
  const other = against === undefined ? undefined : { model: modelFrom(console.cwd, against) };
  const others = other && (await ask(other));
  const asked = tasks.filter(isChoice);
  const pairs = others?.filter(isChoice).map((task, i) => pairedTask(asked[i]!, task));
  if (json) {
    const report = (of: Model, measured: readonly MeasuredTask[]) =>
      taskReport(of.model, measured, { samples });
    const against = other && { against: report(other, others!), paired: pairs };
    console.out(`${JSON.stringify({ ...report(model, tasks), ...against })}\n`);
    return;
  }
  console.out(taskTable(tasks));
  if (other) console.out(`\n${other.model}\n\n${taskTable(others!)}\n${pairedTable(pairs!)}`);
};
