import type { ErrorCode } from '@secateur/core';
import test, { type ExecutionContext } from 'ava';
import { Bench, leftovers, type Outcome, secateur, threadsStarted } from './bench.js';

/** The command line of a run that would succeed. */
export const run = ['run', '--model', 'model', '--text', 't=text.txt', '--out', 'out'] as const;

export interface BadInput {
  readonly args?: readonly string[];
  readonly damage?: (bench: Bench) => unknown;
  readonly code: ErrorCode;
  /** What was found and what was expected. */
  readonly says: RegExp;
  /** The next step. Default: any. */
  readonly hint?: RegExp;
}

/** The law of the house, for a bench that is damaged already. */
const refused = async (
  t: ExecutionContext,
  bench: Bench,
  { args = run, ...expected }: BadInput,
): Promise<void> => {
  const [before, threads] = [bench.contents(), threadsStarted()];
  assertRefusal(t, await secateur(bench.folder, args), expected);
  t.deepEqual(bench.contents(), before, 'nothing is written, changed or lost');
  t.deepEqual(leftovers(), [], 'the temporary folder stays empty');
  t.is(threadsStarted(), threads, 'the engine was not asked');
};

/** One test for each: the command line says what is wrong, and touches nothing. */
export const refuses = (
  subject: string,
  cases: Readonly<Record<string, BadInput>>,
  args: readonly string[] = run,
): void => {
  for (const [what, bad] of Object.entries(cases))
    test(`${subject}: ${what}`, async t => {
      const bench = new Bench(t);
      await bad.damage?.(bench);
      await refused(t, bench, { args, ...bad });
    });
};

/** Exit status 2, nothing on stdout; a code, one sentence and a hint on stderr, and no stack. */
export const assertRefusal = (
  t: ExecutionContext,
  { status, out, err }: Outcome,
  { code, says, hint = /\S/ }: BadInput,
): void => {
  t.is(status, 2, err);
  t.is(out, '');
  const [, found, sentence, hints] = /^✖ (E_[A-Z0-9_]+) {2}(.*)\n((?: {2}\S.*\n)+)$/m.exec(err) ?? [];
  t.is(found, code, err);
  t.regex(sentence ?? '', says);
  t.regex(hints ?? '', hint);
  t.true(err.endsWith(`${sentence}\n${hints}`), 'nothing follows');
  t.notRegex(err, /^ +at |This is a bug/m);
};
