import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  folderWith,
  llama2cCheckpoint,
  llama2cTokenizer,
  type Outcome,
  secateur,
  text,
} from './cli.test.data.js';

/** A port of this machine that nobody listens at. */
const closedPort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A folder with a model folder, a text, and caches of its own. */
const prepare = async (t: ExecutionContext) => {
  const cwd = await folderWith(t, {
    'model.bin': llama2cCheckpoint(),
    'tokenizer.bin': llama2cTokenizer(),
    'text.txt': text(6000),
    'prune.config.json': JSON.stringify({
      text: { words: 'text.txt' },
      prune: { minChannels: 1 },
      train: { tokens: 5000, batch: 4, sequence: 32, rank: 2 },
      calibration: { sequences: 4 },
      evaluate: { tokens: 200 },
    }),
  });
  const { HF_HUB_CACHE: _, HUGGINGFACE_HUB_CACHE: __, HF_TOKEN: ___, ...rest } = process.env;
  const env = {
    ...rest,
    HF_HUB_OFFLINE: '1',
    HF_HOME: join(cwd, 'hf'),
    HF_ENDPOINT: `http://127.0.0.1:${await closedPort()}`,
    SECATEUR_CACHE: join(cwd, 'cache'),
  };
  const run = (args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
    secateur(cwd, args, { env: { ...env, ...more } });
  const ok = async (...args: string[]): Promise<string> => {
    const { status, out, err } = await run(args);
    t.is(status, 0, `${args.join(' ')}\n${err}`);
    return out;
  };
  await ok('convert', 'llama2c', 'model.bin', 'tokenizer.bin', 'model');
  return { cwd, run, ok };
};

type Ok = Awaited<ReturnType<typeof prepare>>['ok'];

/** What the commands that read a model say of it. */
const said = async (ok: Ok, model: string) => ({
  trace: JSON.parse(await ok('trace', '--model', model, '--json')),
  eval: JSON.parse(await ok('eval', model, '--text', 'text.txt', '--chunk', '16', '--json')),
  generate: await ok('generate', model, '--prompt', 'leaf', '--tokens', '5'),
});

test('a GGUF file says what the folder says that it was made of; a run reads it, and resumes without it', async t => {
  const { cwd, run, ok } = await prepare(t);
  t.is(await ok('convert', 'hf', 'model', 'model.gguf', '--dtype', 'f32'), `${join(cwd, 'model.gguf')}\n`);
  const before = await readFile(join(cwd, 'model.gguf'));
  t.deepEqual(await said(ok, 'model.gguf'), await said(ok, 'model'));
  const taken = await run(['convert', 'hf', 'model', 'model.gguf']);
  t.is(taken.status, 2);
  t.regex(taken.err, /✖ E_OUTPUT_EXISTS {2}\S+model\.gguf exists already\.\n.*--force/);
  await ok('convert', 'hf', 'model.gguf', 'again.gguf', '--dtype', 'f32');
  t.deepEqual(await said(ok, 'again.gguf'), await said(ok, 'model'));

  const args = ['run', '--model', 'model.gguf', '--shape', 'padded'];
  t.regex(await ok(...args, '--out', 'whole'), /^model +whole\/model$/m);
  const env = { env: { ...process.env, SECATEUR_CACHE: join(cwd, 'cache') } };
  const stopped = await secateur(cwd, [...args, '--out', 'halves'], { ...env, interruptAt: '[recover]' });
  t.is(stopped.status, 130, stopped.err);
  await rename(join(cwd, 'model.gguf'), join(cwd, 'moved.gguf'));
  await ok('resume', 'halves');
  for (const file of ['model.safetensors', 'config.json', 'tokenizer.json'])
    t.deepEqual(
      await readFile(join(cwd, 'halves/model', file)),
      await readFile(join(cwd, 'whole/model', file)),
      file,
    );
  t.deepEqual(await readFile(join(cwd, 'moved.gguf')), before, 'an input is never written');
  const report = await readFile(join(cwd, 'whole/report.json'), 'utf8');
  t.false(report.includes(cwd), 'a report says nothing of where things lie');
});

test('--text takes rows of a data set; measured, they are one text with empty lines between them', async t => {
  const { cwd, ok } = await prepare(t);
  const rows = ['', text(600), '', '', text(500)];
  const commit = 'a'.repeat(40);
  const home = join(cwd, 'hf/hub/datasets--owner--texts');
  await mkdir(join(home, 'refs'), { recursive: true });
  await writeFile(join(home, 'refs/main'), commit);
  await mkdir(join(home, 'snapshots', commit, 'raw'), { recursive: true });
  await writeFile(
    join(home, 'snapshots', commit, 'raw/test.jsonl'),
    rows.map(row => JSON.stringify({ text: row })).join('\n'),
  );
  await writeFile(join(cwd, 'joined.txt'), rows.join('\n\n'));
  const asked = ['eval', 'model', '--chunk', '16', '--json', '--text'];
  t.is(await ok(...asked, 'hf:owner/texts/raw/test.jsonl'), await ok(...asked, 'joined.txt'));
  const texts = ['--text', 'words=hf:owner/texts/raw/test.jsonl'];
  t.regex(await ok('run', '--model', 'model', ...texts, '--out', 'out'), /^model +out\/model$/m);
});

test('hf:owner/name is read from the cache without network, and without the cache says so', async t => {
  const { cwd, run, ok } = await prepare(t);
  const folder = await said(ok, 'model');
  const commit = 'a'.repeat(40);
  const home = join(cwd, 'hf/hub/models--owner--name');
  await mkdir(join(home, 'snapshots'), { recursive: true });
  await mkdir(join(home, 'refs'));
  await rename(join(cwd, 'model'), join(home, 'snapshots', commit));
  await writeFile(join(home, 'refs/main'), commit);
  t.deepEqual(await said(ok, 'hf:owner/name'), folder);
  t.deepEqual(await said(ok, `hf:owner/name@${commit}`), folder);
  await ok('convert', 'hf', 'hf:owner/name', 'model.gguf');
  t.regex(await ok('run', '--model', 'hf:owner/name', '--out', 'out'), /^model +out\/model$/m);

  const unreachable = await run(['trace', '--model', 'hf:owner/name'], { HF_HUB_OFFLINE: '' });
  t.is(unreachable.status, 0, 'a copy in the cache stands for what cannot be asked');
  const other = await run(['eval', 'hf:owner/other', '--text', 'text.txt'], { HF_HUB_OFFLINE: '' });
  t.is(other.status, 2);
  t.regex(
    other.err,
    /✖ E_HUB {2}http:\/\/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)\.\n {2}Check the network/,
  );
});
