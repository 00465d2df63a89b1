import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openGguf } from '@secateur/adapter-checkpoint-gguf';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { systemClock } from '@secateur/core';
import test, { type ExecutionContext } from 'ava';
import { main } from 'secateur/main';
import { scratchFolder } from '../scratch.js';
import { testWithLlamaCpp } from './test-with-llama-cpp.js';
import { tinyBase, tinyModels, writeTinyModel } from './tiny-models.js';

interface Told {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, with a cache of its own. */
const run = async (
  cwd: string,
  args: readonly string[],
  signal = new AbortController().signal,
): Promise<Told> => {
  process.env.XDG_CACHE_HOME = path.join(cwd, 'cache');
  let [out, err] = ['', ''];
  const console = {
    out: (part: string) => {
      out += part;
    },
    err: (part: string) => {
      err += part;
    },
    cwd,
    clock: systemClock,
    signal,
    live: false,
  };
  return { status: await main(args, console), out, err };
};

const bench = async (t: ExecutionContext, config: Readonly<Record<string, unknown>> = tinyBase) => {
  const folder = scratchFolder(t);
  await writeTinyModel(path.join(folder, 'model'), config);
  const ok = async (...args: string[]): Promise<string> => {
    const { status, out, err } = await run(folder, args);
    t.is(status, 0, `${args.join(' ')}\n${err}`);
    return out;
  };
  return { folder, at: (name: string) => path.join(folder, name), ok };
};

test.serial('convert hf: a folder as GGUF, in float16 unless another type is named', async t => {
  const { at, ok } = await bench(t);
  t.is(await ok('convert', 'hf', 'model', 'half.gguf'), `${at('half.gguf')}\n`);
  t.is((await openGguf(at('half.gguf'))).tensors.get('blk.0.ffn_up.weight')!.type, 'F16');
  await ok('convert', 'hf', 'model', 'new/q8.gguf', '--dtype', 'q8_0');
  const { tensors, metadata } = await openGguf(at('new/q8.gguf'));
  t.is(tensors.get('blk.0.ffn_up.weight')!.type, 'Q8_0');
  t.is(tensors.get('blk.0.ffn_norm.weight')!.type, 'F32');
  t.is(metadata.get('general.name'), 'model');
  t.is(metadata.get('general.file_type'), 7);
});

test.serial('convert hf: GGUF in, GGUF out, and every weight and name is the same', async t => {
  const { at, ok } = await bench(t, tinyModels['heads by layer']!.config);
  await ok('convert', 'hf', 'model', 'first.gguf', '--dtype', 'f32');
  await ok('convert', 'hf', 'first.gguf', 'second.gguf', '--dtype', 'f32');
  const [first, second] = [await openGguf(at('first.gguf')), await openGguf(at('second.gguf'))];
  const entries = ({ metadata }: typeof first) =>
    Object.fromEntries([...metadata].filter(([key]) => key !== 'general.name'));
  t.deepEqual(entries(second), entries(first));
  t.is(second.metadata.get('general.name'), 'first', 'a model is called as its file');
  const [a, b] = [readFileSync(at('first.gguf')), readFileSync(at('second.gguf'))];
  t.deepEqual([...second.tensors.keys()], [...first.tensors.keys()]);
  for (const [name, { offset, byteLength, shape }] of first.tensors) {
    const there = second.tensors.get(name)!;
    t.deepEqual(there.shape, shape);
    t.true(
      a.subarray(offset, offset + byteLength).equals(b.subarray(there.offset, there.offset + byteLength)),
      name,
    );
  }
});

test.serial('convert gguf: back to a folder of the same sizes', async t => {
  const { at, ok } = await bench(t, tinyModels['middle layer without attention']!.config);
  await ok('convert', 'hf', 'model', 'model.gguf', '--dtype', 'f32');
  t.is(await ok('convert', 'gguf', 'model.gguf', 'back'), `${at('back')}\n`);
  const { config } = await createHuggingFaceFormat().open(at('back'));
  t.deepEqual(config.per_layer_config, { '1': { skip: ['self_attn'] } });
});

/** Names that files and folders have while they are written. */
const unfinished = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.tmp'));

/** Interrupts as soon as something is being written, which takes many turns of the event loop. */
const stopped = async (t: ExecutionContext, args: readonly string[], source: 'folder' | 'file') => {
  const { folder, ok } = await bench(t);
  if (source === 'file') await ok('convert', 'hf', 'model', 'model.gguf');
  const before = readdirSync(folder);
  const control = new AbortController();
  const look = (): void => {
    if (unfinished(folder).length > 0) control.abort();
    else if (!control.signal.aborted) setImmediate(look);
  };
  setImmediate(look);
  const { status, out, err } = await run(folder, args, control.signal);
  t.is(status, 130, err);
  t.is(out, '');
  t.regex(err, /✖ E_INTERRUPTED/);
  t.deepEqual(unfinished(folder), []);
  t.deepEqual(
    readdirSync(folder).filter(name => name !== 'cache'),
    before,
  );
};

test.serial('convert hf: an interruption leaves nothing', t =>
  stopped(t, ['convert', 'hf', 'model', 'new/m.gguf', '--dtype', 'q8_0'], 'folder'),
);
test.serial('convert hf of a GGUF file: an interruption leaves nothing', t =>
  stopped(t, ['convert', 'hf', 'model.gguf', 'm.gguf'], 'file'),
);
test.serial('convert gguf: an interruption leaves nothing', t =>
  stopped(t, ['convert', 'gguf', 'model.gguf', 'new/folder'], 'file'),
);

testWithLlamaCpp('verify: a folder with model.gguf in it', async t => {
  const { folder, ok } = await bench(t, tinyModels['middle layer without attention']!.config);
  await ok('convert', 'hf', 'model', 'model/model.gguf', '--dtype', 'f32');
  const rows = JSON.parse(await ok('verify', 'model', '--json', '--tolerance', '1e-5'));
  const row = (runtime: string) => rows.find((each: { runtime: string }) => each.runtime === runtime);
  t.like(row('llama.cpp'), { artefact: 'model.gguf', status: 'equal', agree: [5, 5] });

  // The file of another model.
  await writeTinyModel(path.join(folder, 'other'), { ...tinyBase, num_hidden_layers: 2 });
  await ok('convert', 'hf', 'other', 'model/model.gguf', '--force');
  const other = await run(folder, ['verify', 'model']);
  t.is(other.status, 2);
  t.regex(
    other.err,
    /✖ E_VERIFY {2}llama\.cpp differs by .* on model\.gguf, expected at most 0\.01\n {2}.*--tol/,
  );

  await ok('convert', 'hf', 'model', 'whole.gguf');
  writeFileSync(
    path.join(folder, 'model/model.gguf'),
    readFileSync(path.join(folder, 'whole.gguf')).subarray(0, 900),
  );
  const damaged = await run(folder, ['verify', 'model']);
  t.is(damaged.status, 2);
  t.regex(damaged.err, /✖ E_VERIFY {2}llama\.cpp refuses \S+model\.gguf: .*\n {2}write it again/);
});
