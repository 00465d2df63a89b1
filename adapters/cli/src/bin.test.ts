import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { folderWith, llama2cCheckpoint, llama2cTokenizer, secateur, text } from './cli.test.data.js';

test('the program ends with the status of its command', async t => {
  const cwd = await folderWith(t, {});
  const listed = await secateur(cwd, ['ls', 'engine']);
  t.is(listed.status, 0, listed.err);
  t.regex(listed.out, /^engine +onnxruntime/m);
  const wrong = await secateur(cwd, ['ls', 'motor']);
  t.is(wrong.status, 2);
  t.is(wrong.out, '');
  t.regex(wrong.err, /^✖ E_USAGE {2}/);
});

test('the engine sends nothing and leaves nothing: its telemetry is off', async t => {
  const cwd = await folderWith(t, {
    'model.bin': llama2cCheckpoint(),
    'tokenizer.bin': llama2cTokenizer(),
    'home/tmp/mine': '',
  });
  const home = join(cwd, 'home');
  const env = { HOME: home, TMPDIR: join(home, 'tmp'), PATH: process.env.PATH };
  const run = (...args: string[]) => secateur(cwd, args, { env });
  t.is((await run('convert', 'llama2c', 'model.bin', 'tokenizer.bin', 'model')).status, 0);
  t.is((await run('generate', 'model', '--tokens', '2')).status, 0);
  t.deepEqual(await readdir(home, { recursive: true }), ['tmp', 'tmp/mine']);
});

test('convert, trace, generate, eval; run, Ctrl-C, resume', async t => {
  const cwd = await folderWith(t, {
    'model.bin': llama2cCheckpoint(),
    'tokenizer.bin': llama2cTokenizer(),
    'text.txt': text(12_000),
    'prune.config.json': JSON.stringify({
      model: 'model',
      text: { words: 'text.txt' },
      prune: { minChannels: 1 },
      train: { tokens: 20_000, batch: 4, sequence: 32, rank: 2 },
      calibration: { sequences: 4 },
      evaluate: { tokens: 200 },
    }),
  });
  const ok = async (...args: string[]): Promise<string> => {
    const { status, out, err } = await secateur(cwd, args);
    t.is(status, 0, `${args.join(' ')}\n${err}`);
    return out;
  };
  t.is(await ok('convert', 'llama2c', 'model.bin', 'tokenizer.bin', 'model'), `${join(cwd, 'model')}\n`);

  const trace = JSON.parse(await ok('trace', '--model', 'model', '--json'));
  t.is(trace.groups.filter(({ kind }: { kind: string }) => kind === 'kv-head').length, 2);
  t.regex(await ok('trace', '--model', 'model'), /^model\.layers\.1\.mlp#channel +channel +24 +48$/m);

  const short = await ok('generate', 'model', '--prompt', 'leaf', '--tokens', '3');
  const long = await ok('generate', 'model', '--prompt', 'leaf', '--tokens', '6');
  t.regex(short, /^leaf.+\n$/s);
  t.true(long.startsWith(short.replace(/\uFFFD*\n$/, '')), `${short}${long}`);

  const measured = JSON.parse(await ok('eval', 'model', '--text', 'text.txt', '--chunk', '16', '--json'));
  t.is(measured.chunk, 16);
  t.true(measured.perplexity > 1 && Number.isFinite(measured.perplexity));

  t.regex(await ok('run', '--out', 'whole'), /^model +whole\/model$/m);
  const stopped = await secateur(cwd, ['run', '--out', 'halves'], { interruptAt: '[recover]' });
  t.is(stopped.status, 130, stopped.err);
  t.regex(stopped.err, /✖ E_INTERRUPTED {2}the run was interrupted\n {2}npx secateur resume halves/);
  t.regex(await ok('resume', 'halves'), /^model +halves\/model$/m);
  const weights = (run: string): Promise<Buffer> => readFile(join(cwd, run, 'model/model.safetensors'));
  t.deepEqual(await weights('halves'), await weights('whole'));

  const taken = await secateur(cwd, ['run', '--out', 'whole']);
  t.is(taken.status, 2);
  t.regex(taken.err, /✖ E_OUTPUT_EXISTS/);
  const changed = await secateur(cwd, ['run', '--out', 'other', '--seed', '9'], {
    interruptAt: '[knowledge]',
  });
  t.is(changed.status, 130, changed.err);
});
