import { join, relative } from 'node:path';
import { isSecateurError, type Report, SecateurError, type Session } from '@secateur/core';
import type { Console } from './console.js';
import { percent } from './eval/percent.js';
import { quotedMetric } from './eval/task-means.js';
import { table } from './table.js';

/** Sees a run through: prints what came out, and how to go on when it was interrupted. */
export const finish = async (
  console: Console,
  session: Session,
  timings: boolean,
  work: () => Promise<Report>,
): Promise<void> => {
  const folder = relative(console.cwd, session.config.out) || '.';
  try {
    console.out(summary(await work(), folder));
  } catch (error) {
    const stopped = console.signal.aborted && (!isSecateurError(error) || error.code === 'E_INTERRUPTED');
    throw stopped
      ? new SecateurError('E_INTERRUPTED', 'the run was interrupted', {
          hint: `npx secateur resume ${folder}`,
          cause: error,
        })
      : error;
  } finally {
    if (timings)
      console.err(
        table(
          ['PLUGIN', 'HOOK', 'CALLS', 'MS'],
          session
            .timings()
            .map(({ plugin, hook, calls, milliseconds }) => [plugin, hook, calls, Math.round(milliseconds)]),
        ),
      );
  }
};

const summary = (report: Report, folder: string): string => {
  const { parameters, removed, sparsity, perplexity, tasks, output } = report;
  const share = (part: number): string => `${(100 * part).toFixed(1)} %`;
  const count = (n: number): string => n.toLocaleString('en');
  return [
    '',
    sparsity === null
      ? `parameters  ${count(parameters.before)} to ${count(parameters.after)}: ${share(removed.model)} of the model, ${share(removed.blocks)} of its blocks removed`
      : `parameters  ${count(parameters.after)} as before: unstructured, ${share(sparsity)} of the pruned matrices is zero`,
    '',
    table(
      ['PERPLEXITY', 'DENSE', 'PRUNED', 'RECOVERED'],
      Object.entries(perplexity).map(([name, { dense, pruned, recovered }]) => [
        name,
        ...[dense, pruned, recovered].map(value => value.toFixed(3)),
      ]),
    ),
    ...(Object.keys(tasks).length === 0 ? [] : [taskRows(tasks)]),
    `model       ${join(folder, output.model)}`,
    ...(output.adapter === null ? [] : [`adapter     ${join(folder, output.adapter)}`]),
    ...output.files.map(file => `file        ${join(folder, file)}`),
    `report      ${join(folder, 'report.json')}`,
    ...output.notes.map(note => `note        ${note}`),
    '',
  ].join('\n');
};

/** Accuracies in percent by the metric that papers quote, and word perplexities. */
const taskRows = (tasks: Report['tasks']): string =>
  table(
    ['TASK', 'MEASURE', 'DENSE', 'PRUNED', 'RECOVERED'],
    Object.entries(tasks).map(([name, { dense, pruned, recovered }]) => [
      name,
      dense.kind === 'choice' ? quotedMetric(dense) : 'word perplexity',
      ...[dense, pruned, recovered].map(score =>
        score.kind === 'choice'
          ? percent(score.metrics[quotedMetric(score)]!.value)
          : score.wordPerplexity.toFixed(3),
      ),
    ]),
  );
