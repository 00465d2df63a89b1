import { isSecateurError, resolveConfig, SecateurError } from '@secateur/core';
import type { Console } from '../console.js';
import { installation } from '../defaults.js';
import { describeMachine } from '../doctor/machine.js';
import { withSession } from '../open.js';
import { absolute } from '../options.js';
import { table } from '../table.js';
import { json, writeFiles } from '../write-files.js';
import { CellsProgress } from './cells-progress.js';
import { sectionsOf } from './columns.js';
import { type CompareFlags, commandLine } from './command-line.js';
import { type CellRunner, Comparison } from './comparison.js';
import { markdownOf } from './markdown.js';
import { faultsOf, notesOf } from './notes.js';
import { type CompareRecord, type RowCells, recordOf } from './record.js';
import { taskSectionsOf } from './task-columns.js';

/**
 * Runs every cell that is not kept, writes what came out, and prints it.
 * @throws SecateurError E_INTERRUPTED with the command that goes on; E_NUMERICS, after all is written, where runs are not
 * comparable
 */
export const compare = async (flags: CompareFlags, console: Console, runner?: CellRunner): Promise<void> => {
  const comparison = await Comparison.open(flags, console, runner);
  const record = recordOf(await runAll(comparison, flags, console), {
    command: commandLine(flags),
    now: console.clock.now(),
    machine: describeMachine(),
    settings: {
      presets: comparison.methods.map(({ preset }) => preset),
      ratios: flags.ratio,
      seeds: comparison.seeds,
      recoveryTokens: flags.recoveryTokens ?? null,
      presetTokens: flags.presetTokens ?? {},
      rates: flags.rates ?? null,
    },
  });
  await write(record, absolute(console.cwd, flags.out));
  console.out(printed(record, flags.out));
  const [fault, ...more] = faultsOf(record.unequal);
  if (fault !== undefined)
    throw new SecateurError(
      'E_NUMERICS',
      `the runs are not comparable: ${fault.replace(/\.$/, '')}${more.length === 0 ? '' : `, and ${more.length} more`}`,
      {
        hint: `${flags.out}/compare.json has all numbers, with "unequal" naming the cells; docs/compare.md says what must be equal`,
      },
    );
};

const runAll = async (
  comparison: Comparison,
  flags: CompareFlags,
  console: Console,
): Promise<readonly RowCells[]> => {
  const { cwd, clock, err, signal } = console;
  const { names } = comparison;
  const waiting = names.filter(name => !comparison.isKept(name));
  if (waiting.length < names.length)
    err(`${names.length - waiting.length} of ${names.length} cells are kept in ${flags.out}\n`);
  const bare = resolveConfig({ installation, cwd, clock, requires: 'nothing' });
  try {
    return await withSession(bare, async ({ hooks }) => {
      const progress = new CellsProgress(
        clock,
        waiting.map(({ preset }) => preset),
        names.length,
        event => hooks.progress.call(event),
      );
      const warned = new Set<string>();
      return comparison.run(progress, entry => {
        // What is wrong with a text would be said again by every cell.
        if (entry.level !== 'warn' || warned.has(entry.message)) return;
        warned.add(entry.message);
        hooks.log.call(entry);
      });
    });
  } catch (error) {
    if (!signal.aborted || (isSecateurError(error) && error.code !== 'E_INTERRUPTED')) throw error;
    throw new SecateurError('E_INTERRUPTED', 'the comparison was interrupted', {
      hint: commandLine(flags),
      cause: error,
    });
  }
};

/** The numbers first: whatever goes wrong with charts, they are there. */
const write = async (record: CompareRecord, folder: string): Promise<void> => {
  await writeFiles(folder, { 'compare.json': json(record) });
  const { chartsOf } = await import('./charts.js');
  const charts = chartsOf(record);
  await writeFiles(`${folder}/charts`, Object.fromEntries(charts));
  await writeFiles(folder, { 'compare.md': markdownOf(record, [...charts.keys()]) });
};

const printed = (record: CompareRecord, folder: string): string =>
  [
    ...[...sectionsOf(record), ...taskSectionsOf(record)].flatMap(({ title, head, rows }) => [
      '',
      title,
      '',
      table(
        head.map(name => name.toUpperCase()),
        rows,
      ),
    ]),
    ...notesOf(record),
    '',
    ...['compare.md', 'compare.json', 'charts/'].map(file => `written  ${folder}/${file}`),
    '',
  ].join('\n');
