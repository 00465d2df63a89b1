import { statSync } from 'node:fs';
import path from 'node:path';
import { evaluateText, inputFrom, type MeasuredTask, type Resolved, SecateurError } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { type MeasureFlags, measureTasks } from '../eval/measure-tasks.js';
import { pairedTable } from '../eval/paired-table.js';
import { pairedTask } from '../eval/paired-tasks.js';
import { isChoice } from '../eval/task-means.js';
import { dataOption, limitOption, tasksOption } from '../eval/task-options.js';
import { taskReport } from '../eval/task-report.js';
import { taskTable } from '../eval/task-table.js';
import { resolveEngine, withSession } from '../open.js';
import {
  absolute,
  configOption,
  deviceOption,
  type EngineFlags,
  engineOption,
  MODEL,
  wholeNumber,
} from '../options.js';
import { progressOf } from '../progress.js';
import { writeFiles } from '../write-files.js';

interface EvalOptions extends EngineFlags, Partial<MeasureFlags> {
  readonly text?: string;
  readonly chunk: number;
  readonly adapter?: string;
  /** True prints it; a text is the file that it is written to. */
  readonly json?: boolean | string;
  readonly samples?: boolean;
  readonly against?: string;
}

/** `secateur eval`: perplexity of a model on a text, or its answers to the questions of tasks. */
export const evaluate = (root: Command, console: Console): void => {
  root
    .command('eval')
    .description('measure the perplexity of a model on a text, or ask it the questions of tasks')
    .argument('<model>', MODEL)
    .option(
      '-t, --text <file>',
      'text to predict: a file, plain, JSON Lines, JSON or Parquet, or hf:owner/dataset/FILE',
    )
    .option(
      '-n, --chunk <tokens>',
      'tokens that are read at a time; compare only at equal chunks',
      wholeNumber(2),
      128,
    )
    .addOption(tasksOption())
    .addOption(dataOption())
    .addOption(limitOption())
    .option('--against <model>', 'another model, asked the same: what changed, item by item')
    .option('--samples', 'in the JSON: every item, with the log-likelihood of each choice')
    .option('-a, --adapter <folder>', 'PEFT LoRA adapter of the model')
    .addOption(engineOption())
    .addOption(deviceOption())
    .addOption(configOption())
    .option('--json [file]', 'print JSON, or write it to a file')
    .action(async (name: string, options: EvalOptions) => {
      const { text, tasks } = options;
      if ((text === undefined) === (tasks === undefined))
        throw new SecateurError('E_USAGE', 'eval measures one thing, expected --text FILE or --tasks NAMES', {
          hint: 'npx secateur eval DIR --text FILE, or --tasks all --data TASK=FILE ...',
        });
      if (typeof options.json === 'string') checkFile(console.cwd, options.json);
      const resolved = await resolveEngine(options, console);
      const { cwd } = console;
      const model = {
        model: inputFrom(cwd, name),
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
  const { cwd, signal } = console;
  const found = await withSession(resolved, session =>
    progressOf(session, console, 'eval', 'Measure the perplexity', onProgress =>
      evaluateText(session, {
        ...model,
        text: inputFrom(cwd, text!),
        chunk,
        signal,
        onProgress: (done, total, place) => onProgress(done, total, 'batches', place),
      }),
    ),
  );
  const { perplexity, tokens } = found;
  await give(
    console,
    json,
    found,
    `perplexity ${perplexity.toFixed(4)}  (${tokens} tokens in chunks of ${found.chunk})\n`,
  );
};

const askTasks: Work = async (resolved, console, model, { json, samples = false, against, ...flags }) => {
  const ask = (of: Model): Promise<readonly MeasuredTask[]> =>
    withSession(resolved, session => measureTasks(session, console, of, { ...flags, tasks: flags.tasks! }));
  const tasks = await ask(model);
  const other = against === undefined ? undefined : { model: inputFrom(console.cwd, against) };
  const others = other && (await ask(other));
  const asked = tasks.filter(isChoice);
  const pairs = others?.filter(isChoice).map((task, i) => pairedTask(asked[i]!, task));
  const report = (of: Model, measured: readonly MeasuredTask[]) =>
    taskReport(of.model, measured, { samples });
  const found = { ...report(model, tasks), ...(other && { against: report(other, others!), paired: pairs }) };
  const compared = other && `\n${other.model}\n\n${taskTable(others!)}\n${pairedTable(pairs!)}`;
  await give(console, json, found, `${taskTable(tasks)}${compared ?? ''}`);
};

/** Text for people; JSON instead of it where it is asked for, or beside it in a file. */
const give = async (
  { cwd, out }: Console,
  json: EvalOptions['json'],
  found: unknown,
  text: string,
): Promise<void> => {
  const line = `${JSON.stringify(found)}\n`;
  if (json === true) return out(line);
  out(text);
  if (typeof json !== 'string') return;
  const file = absolute(cwd, json);
  await writeFiles(path.dirname(file), { [path.basename(file)]: line });
  out(`\nwritten  ${json}\n`);
};

/** Before an hour is spent on what cannot be written. @throws SecateurError E_USAGE */
const checkFile = (cwd: string, file: string): void => {
  if (statSync(absolute(cwd, file), { throwIfNoEntry: false })?.isDirectory())
    throw new SecateurError('E_USAGE', `${file} is a folder, expected a file for the JSON`, {
      hint: `npx secateur eval DIR --tasks all --data hub --json ${path.join(file, 'eval.json')}`,
    });
};
