import { join, relative } from 'node:path';
import { isSecateurError, type Report, SecateurError, type Session } from '@secateur/core';
import type { Console } from './console.js';
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
  const { parameters, removed, sparsity, perplexity, output } = report;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const count = (n: number): string => n.toLocaleString('en');
  return [
    '',
    sparsity === null
      ? `parameters  ${count(parameters.before)} to ${count(parameters.after)}: ${percent(removed.model)} of the model, ${percent(removed.blocks)} of its blocks removed`
      : `parameters  ${count(parameters.after)} as before: unstructured, ${percent(sparsity)} of the pruned matrices is zero`,
    '',
    table(
      ['PERPLEXITY', 'DENSE', 'PRUNED', 'RECOVERED'],
      Object.entries(perplexity).map(([name, { dense, pruned, recovered }]) => [
        name,
        ...[dense, pruned, recovered].map(value => value.toFixed(3)),
      ]),
    ),
    `model       ${join(folder, output.model)}`,
    ...(output.adapter === null ? [] : [`adapter     ${join(folder, output.adapter)}`]),
    ...output.files.map(file => `file        ${join(folder, file)}`),
    `report      ${join(folder, 'report.json')}`,
    ...output.notes.map(note => `note        ${note}`),
    '',
  ].join('\n');
};
