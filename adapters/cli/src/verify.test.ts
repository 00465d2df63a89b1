import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { folderWith, llama2cCheckpoint, llama2cTokenizer, type Outcome, secateur } from './cli.test.data.js';

/** The stand-in for Python is a script with a shebang. */
const posix = process.platform === 'win32' ? test.skip : test;

/** What a run leaves, as far as it is looked at. */
const prepare = async (t: ExecutionContext): Promise<string> => {
  const cwd = await folderWith(t, { 'model.bin': llama2cCheckpoint(), 'tokenizer.bin': llama2cTokenizer() });
  const { status, err } = await secateur(cwd, [
    'convert',
    'llama2c',
    'model.bin',
    'tokenizer.bin',
    'run/model',
  ]);
  t.is(status, 0, err);
  return cwd;
};

/** Verifies with a program in the place of Python, which answers a request for next tokens by `body`. */
const verifyWith = async (
  t: ExecutionContext,
  body: string,
  args: readonly string[] = [],
): Promise<Outcome> => {
  const cwd = await prepare(t);
  const scripts = await folderWith(t, {
    python: `#!${process.execPath}
if (process.argv[3] === '--versions') console.log('{"transformers":"5.0","torch":"2.0"}');
else { ${body} }
process.stdin.destroy();
`,
  });
  const python = join(scripts, 'python');
  await chmod(python, 0o755);
  const env = { ...process.env, SECATEUR_PYTHON: python };
  return secateur(cwd, ['verify', 'run', ...args], { env });
};

/** Probabilities that no model gives, in rows of a vocabulary of 260, for five prompts. */
const odd = (vocabulary = 260, value = 0.5): string =>
  `const p = Buffer.alloc(4 * 5 * ${vocabulary});
  for (let i = 0; i < p.length; i += 4) p.writeFloatLE(${value}, i);
  process.stdout.write(p);`;

posix('what is within the tolerance passes; what is not is E_VERIFY, after the table', async t => {
  const far = await verifyWith(t, odd());
  t.is(far.status, 2);
  t.regex(far.out, /^\. +transformers +5\.0, torch 2\.0 +\d\.\de-\d +\d of 5 +different$/m);
  t.regex(far.err, /✖ E_VERIFY {2}transformers differs by \d\.\de-\d on \., expected at most 0\.01/);
  const near = await verifyWith(t, odd(), ['--tolerance', '0.999', '--json']);
  t.is(near.status, 0, near.err);
  t.like(JSON.parse(near.out)[0], { artefact: '.', runtime: 'transformers', status: 'equal' });
});

posix('another vocabulary and NaN never pass, and JSON says why', async t => {
  for (const [body, reason] of [
    [odd(261), 'it gives 261 probabilities, expected one for each of 260 tokens'],
    [odd(260, Number.NaN), 'it gives the probability NaN, expected finite numbers'],
  ] as const) {
    const { status, out, err } = await verifyWith(t, body, ['--json', '--tolerance', '0.999']);
    t.is(status, 2, err);
    t.like(JSON.parse(out)[0], { status: 'different', reason });
    t.true(err.includes(`transformers cannot be compared on .: ${reason}`), err);
  }
});

posix('a runtime that refuses is E_VERIFY with its own sentence', async t => {
  const { status, err } = await verifyWith(
    t,
    "console.error('ValueError: no such class'); process.exitCode = 1;",
  );
  t.is(status, 2);
  t.regex(
    err,
    /✖ E_VERIFY {2}transformers does not open \S+run\/model: ValueError: no such class\n {2}write it again.*docs\/formats\.md/,
  );
});

test('no runtime at all is E_VERIFY, and an adapter that is not looked at is mentioned', async t => {
  const cwd = await prepare(t);
  const env = { ...process.env, SECATEUR_PYTHON: join(cwd, 'no-python') };
  const plain = await secateur(cwd, ['verify', 'run'], { env });
  t.is(plain.status, 2);
  t.regex(plain.out, /not installed: \S+no-python cannot be started: pip install/);
  t.regex(plain.err, /✖ E_VERIFY {2}no runtime that opens this is installed/);
  t.notRegex(plain.err, /adapter/);
  await mkdir(join(cwd, 'run/adapter'));
  await writeFile(join(cwd, 'run/adapter/adapter_config.json'), '{}');
  const beside = await secateur(cwd, ['verify', 'run'], { env });
  t.regex(beside.err, /^The adapter beside the model is not part of this/m);
});
