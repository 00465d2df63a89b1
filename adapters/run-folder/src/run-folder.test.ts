import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readSafetensorsHeader, tensorOf, writeSafetensors } from '@secateur/adapter-checkpoint-hf';
import type { Bundle, RunStore } from '@secateur/core';
import test, { type ExecutionContext } from 'ava';
import { folderStorage } from './folder-storage.js';
import { numberedBundle } from './numbered-bundle.test.data.js';

const temporary = async (t: ExecutionContext): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secateur-run-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

const newRun = async (t: ExecutionContext): Promise<RunStore> => {
  const store = await folderStorage.create(path.join(await temporary(t), 'run'));
  await store.writeJson('run.json', { version: 1 });
  return store;
};

const bundle: Bundle = {
  json: { step: 3, loss: 0.1 + 0.2, text: 'Zürich "\n\u0000', nested: [null, true, { a: -1e-300 }] },
  tensors: {
    'z.lora_A': Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45),
    'a.moment': Float64Array.of(Math.PI, -0, 5e-324),
    empty: new Float32Array(0),
    // A view into a larger buffer, off its start.
    part: new Float64Array([1, 2, 3, 4]).subarray(1, 3),
  },
};

test('a bundle comes back bit by bit, in the order in which it was given', async t => {
  const store = await newRun(t);
  await store.save('recover.partial', bundle);
  const loaded = await store.load('recover.partial');
  t.deepEqual(loaded, bundle);
  t.deepEqual(Object.keys(loaded!.tensors), Object.keys(bundle.tensors));
  t.true(Object.is(loaded!.tensors['z.lora_A']![1], -0));
});

test('a folder of the run is removed with all that lies in it, and nothing beside it', async t => {
  const store = await newRun(t);
  await t.notThrowsAsync(store.removeFolder('checkpoints', 'shrunk'));
  await store.save('prune', bundle);
  await mkdir(store.path('checkpoints', 'shrunk', '2'), { recursive: true });
  await writeFile(store.path('checkpoints', 'shrunk', '2', 'config.json'), '{}');
  await store.removeFolder('checkpoints', 'shrunk');
  t.deepEqual(await readdir(store.path('checkpoints')), ['prune.safetensors']);
  for (const outside of ['..', '.']) t.throws(() => store.removeFolder(outside), { message: /outside/ });
});

test('a bundle is one safetensors file, and equal bundles are equal files', async t => {
  const store = await newRun(t);
  await store.save('a', bundle);
  await store.save('b', bundle);
  t.deepEqual((await readdir(store.path('checkpoints'))).sort(), ['a.safetensors', 'b.safetensors']);
  const [a, b] = await Promise.all(
    ['a', 'b'].map(name => readFile(store.path('checkpoints', `${name}.safetensors`))),
  );
  t.true(a!.equals(b!));
  const { metadata, tensors } = await readSafetensorsHeader(store.path('checkpoints', 'a.safetensors'));
  t.deepEqual(JSON.parse(metadata.json!), bundle.json);
  t.deepEqual(
    [...tensors.values()].map(({ dtype }) => dtype),
    ['F64', 'F64', 'F32', 'F32'],
  );
});

test('a file of pieces is there when it is complete, and stays as it was when a piece fails', async t => {
  const store = await newRun(t);
  async function* pieces(...parts: readonly (Uint8Array | Error)[]) {
    for (const part of parts)
      if (part instanceof Error) throw part;
      else yield part;
  }
  const file = store.path('checkpoints', 'a.int8');
  await store.writeFile(file, pieces(Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)));
  t.deepEqual([...(await readFile(file))], [1, 2, 3]);
  const failing = pieces(Uint8Array.of(9), new Error('no more'));
  await t.throwsAsync(store.writeFile(file, failing), { message: 'no more' });
  t.deepEqual([...(await readFile(file))], [1, 2, 3]);
  t.deepEqual(await readdir(store.path('checkpoints')), ['a.int8']);
  t.throws(() => store.writeFile('/elsewhere/a.int8', pieces()), { message: /outside/ });
});

test('a bundle that is not there is undefined; a removed one too; names stay within the folder', async t => {
  const store = await newRun(t);
  t.is(await store.load('prune'), undefined);
  await t.notThrowsAsync(store.remove('prune'));
  await store.save('../@scope/prune', bundle);
  t.deepEqual(await readdir(store.path('checkpoints')), ['..%2F%40scope%2Fprune.safetensors']);
  t.deepEqual(await store.load('../@scope/prune'), bundle);
  await store.remove('../@scope/prune');
  t.is(await store.load('../@scope/prune'), undefined);
  t.throws(() => store.path('..', 'other'), { message: /outside/ });
  t.throws(() => store.path(), { message: /outside/ });
});

test('whatever byte is damaged: E_RESUME, never another bundle', async t => {
  const store = await newRun(t);
  const small: Bundle = { json: { n: 1 }, tensors: { w: Float32Array.of(1, 2), m: Float64Array.of(3) } };
  await store.save('s', small);
  const file = store.path('checkpoints', 's.safetensors');
  const bytes = await readFile(file);
  const dataStart = 8 + Number(bytes.readBigUInt64LE());
  const padding = bytes.subarray(0, dataStart).lastIndexOf('}') + 1;
  // Every byte of length and data, every fifth of the JSON between them.
  for (let at = 0; at < bytes.length; at += at < 8 || at >= padding ? 1 : 5) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 1;
    await writeFile(file, damaged);
    await t.throwsAsync(store.load('s'), { code: 'E_RESUME' }, `byte ${at}`);
  }
});

test('a file cut short, an empty one, another file: E_RESUME that names the file', async t => {
  const store = await newRun(t);
  await store.save('s', bundle);
  const file = store.path('checkpoints', 's.safetensors');
  const { length } = await readFile(file);
  for (const size of [length - 1, 100, 8, 0]) {
    await truncate(file, size);
    const error = await t.throwsAsync(store.load('s'), { code: 'E_RESUME' });
    t.true(error!.message.includes(file));
  }
  await writeSafetensors(file, [tensorOf('w', [1], Float32Array.of(1))]);
  await t.throwsAsync(store.load('s'), { code: 'E_RESUME', message: /expected 1/ });
});

test('what JSON would change in silence is refused, and the former bundle stays', async t => {
  const store = await newRun(t);
  await store.save('s', bundle);
  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY])
    await t.throwsAsync(store.save('s', { json: { loss: value }, tensors: {} }), {
      code: 'E_NUMERICS',
      message: /"loss"/,
    });
  for (const value of [new Float32Array(1), new Map(), new Set()])
    await t.throwsAsync(store.save('s', { json: { value }, tensors: {} }), {
      message: /"value".*JSON cannot hold/,
    });
  await t.throwsAsync(store.save('s', { json: undefined, tensors: {} }), { message: /undefined/ });
  t.deepEqual(await store.load('s'), bundle);
});

test('documents are written and read; a damaged one is E_RESUME', async t => {
  const store = await newRun(t);
  await store.writeJson('report.json', { ratio: 0.2 });
  t.deepEqual(await store.readJson('report.json'), { ratio: 0.2 });
  t.is(await store.readJson('nothing.json'), undefined);
  await writeFile(store.path('report.json'), '{"ratio":');
  await t.throwsAsync(store.readJson('report.json'), { code: 'E_RESUME', message: /report\.json/ });
  t.deepEqual((await readdir(store.folder)).sort(), ['report.json', 'run.json']);
});

test('events are lines; the half line of a kill is gone after reopening', async t => {
  const store = await newRun(t);
  store.event({ event: 'stage-start', text: 'a\nb' });
  store.event({ event: 'step', n: 1 });
  await appendFile(store.path('events.jsonl'), '{"event":"ste');
  const again = await folderStorage.reopen(store.folder);
  again.event({ event: 'step', n: 2 });
  const lines = (await readFile(store.path('events.jsonl'), 'utf8')).trimEnd().split('\n');
  t.deepEqual(
    lines.map(line => JSON.parse(line)),
    [
      { event: 'stage-start', text: 'a\nb' },
      { event: 'step', n: 1 },
      { event: 'step', n: 2 },
    ],
  );
});

test('a folder that holds anything is E_OUTPUT_EXISTS, and stays as it is', async t => {
  const folder = await temporary(t);
  await writeFile(path.join(folder, 'notes.txt'), 'mine');
  const error = await t.throwsAsync(folderStorage.create(folder), {
    code: 'E_OUTPUT_EXISTS',
    message: /notes\.txt/,
  });
  t.regex((error as Error & { hint: string }).hint, /--out.*--force/);
  await t.throwsAsync(folderStorage.create(path.join(folder, 'notes.txt')), { code: 'E_OUTPUT_EXISTS' });
  await t.throwsAsync(folderStorage.create(path.join(folder, 'notes.txt', 'run')), {
    code: 'E_OUTPUT_EXISTS',
  });
  t.is(await readFile(path.join(folder, 'notes.txt'), 'utf8'), 'mine');
});

test('force clears what a run writes, and leftovers of a kill', async t => {
  const store = await newRun(t);
  await store.save('prune', bundle);
  await store.writeJson('report.json', {});
  store.event({ event: 'x' });
  await mkdir(store.path('model'));
  await mkdir(store.path('adapter'));
  await writeFile(store.path('model', 'config.json'), '{}');
  await writeFile(store.path('.report.json.123.tmp'), '');
  await t.throwsAsync(folderStorage.create(store.folder), {
    code: 'E_OUTPUT_EXISTS',
    message: /and \d more/,
  });
  const again = await folderStorage.create(store.folder, { force: true });
  t.deepEqual(await readdir(again.folder), []);
});

test('force touches nothing when there is anything else, and no model beside no run', async t => {
  const store = await newRun(t);
  await store.save('prune', bundle);
  await writeFile(store.path('notes.txt'), 'mine');
  await t.throwsAsync(folderStorage.create(store.folder, { force: true }), {
    code: 'E_OUTPUT_EXISTS',
    message: /holds notes\.txt,/,
  });
  t.deepEqual(await store.load('prune'), bundle);

  const models = await temporary(t);
  await mkdir(path.join(models, 'model'));
  await t.throwsAsync(folderStorage.create(models, { force: true }), {
    code: 'E_OUTPUT_EXISTS',
    message: /holds model,/,
  });
  t.deepEqual(await readdir(models), ['model']);
});

test('force does not follow links out of the folder', async t => {
  const store = await newRun(t);
  const elsewhere = await temporary(t);
  await writeFile(path.join(elsewhere, 'weights'), 'mine');
  await symlink(elsewhere, store.path('model'), 'junction');
  await folderStorage.create(store.folder, { force: true });
  t.deepEqual(await readdir(elsewhere), ['weights']);
});

test('force clears nothing that the new run reads, however it is named', async t => {
  const store = await newRun(t);
  await mkdir(store.path('model'));
  await writeFile(store.path('model', 'weights'), 'mine');
  const link = path.join(await temporary(t), 'link');
  await symlink(store.path('model'), link, 'junction');
  for (const kept of [store.path('model'), store.path('model', 'weights'), link, store.folder]) {
    const error = await t.throwsAsync(folderStorage.create(store.folder, { force: true, keep: [kept] }), {
      code: 'E_OUTPUT_EXISTS',
    });
    t.true(error?.message.includes(`holds ${kept}, which the run is to read`), error?.message);
  }
  t.deepEqual(await readdir(store.folder), ['model', 'run.json']);
  const keep = [path.dirname(store.folder), `${store.folder}-other`, store.path('none')];
  await t.throwsAsync(folderStorage.create(store.folder, { force: true, keep }), { message: /none/ });
  await folderStorage.create(store.folder, { force: true, keep: keep.slice(0, 2) });
  t.deepEqual(await readdir(store.folder), []);
});

test('a document that cannot be read is E_RESUME', async t => {
  const store = await newRun(t);
  await mkdir(store.path('report.json'));
  await t.throwsAsync(store.readJson('report.json'), { code: 'E_RESUME', message: /cannot be read/ });
  t.is(await store.readJson('none.json'), undefined);
});

test('reopening clears what a kill left at every depth, and nothing else', async t => {
  const store = await newRun(t);
  await store.writeJson('run.json', {});
  for (const folder of ['model/onnx', 'adapter', 'checkpoints/compact']) {
    await mkdir(store.path(folder), { recursive: true });
    await writeFile(store.path(folder, '.model.safetensors.123.tmp'), 'half');
    await writeFile(store.path(folder, 'config.json'), '{}');
  }
  await folderStorage.reopen(store.folder);
  const names = await readdir(store.folder, { recursive: true });
  t.deepEqual(
    names.filter(name => name.endsWith('.tmp')),
    [],
  );
  t.is(names.filter(name => name.endsWith('config.json')).length, 3);
});

test('only the folder of a run can be reopened', async t => {
  const folder = await temporary(t);
  await t.throwsAsync(folderStorage.reopen(folder), { code: 'E_RESUME', message: /run\.json/ });
  await t.throwsAsync(folderStorage.reopen(path.join(folder, 'missing')), { code: 'E_RESUME' });
  t.deepEqual(await readdir(folder), []);
});

/** Saves in a child process that is killed `delay` milliseconds after its first save; returns whether that fell into one. */
const killSaver = async (t: ExecutionContext, store: RunStore, delay: number): Promise<boolean> => {
  const { n: from } = (await store.load('state'))!.json as { n: number };
  const saver = fork(child, [store.folder, String(from + 1)], { execArgv: [] });
  let reported = from;
  saver.on('message', (n: number) => {
    reported = n;
  });
  await once(saver, 'message');
  await wait(delay);
  saver.kill('SIGKILL');
  await once(saver, 'close');

  const interrupted = (await readdir(store.path('checkpoints'))).length > 1;
  await folderStorage.reopen(store.folder);
  t.deepEqual(await readdir(store.path('checkpoints')), ['state.safetensors']);
  const loaded = await store.load('state');
  const { n } = loaded!.json as { n: number };
  t.true(n >= reported, `saved ${n}, reported ${reported}`);
  t.deepEqual(loaded, numberedBundle(n));
  const lines = (await readFile(store.path('events.jsonl'), 'utf8')).trimEnd().split('\n');
  t.notThrows(() => lines.map(line => JSON.parse(line)));
  return interrupted;
};
const child = fileURLToPath(new URL('save-forever.test.child.js', import.meta.url));

test('killed at any moment, a bundle is there, whole, and not older than the last that was reported saved', async t => {
  const lanes = [
    [0, 2, 5, 11, 23],
    [1, 3, 7, 17, 31],
  ];
  const interrupted = await Promise.all(
    lanes.map(async delays => {
      const store = await newRun(t);
      await store.save('state', numberedBundle(0));
      const outcomes = [];
      for (const delay of delays) outcomes.push(await killSaver(t, store, delay));
      return outcomes;
    }),
  );
  t.log(`${interrupted.flat().filter(Boolean).length} of 10 kills fell into a save`);
});

test('scratch comes back bit by bit, and what a kill leaves of it is gone when the run is opened again', async t => {
  const store = await newRun(t);
  const { scratch, folder } = store;
  await scratch.write('3 model.layers.0/Add', Float32Array.of(1.5, -0, Number.NaN));
  await scratch.write('doubles', Float64Array.of(9, Math.PI, 9).subarray(1, 2));
  const [floats, doubles] = [new Float32Array(3), new Float64Array(3)];
  await scratch.read('3 model.layers.0/Add', floats);
  await scratch.read('doubles', doubles.subarray(1, 2));
  t.deepEqual([floats, doubles], [Float32Array.of(1.5, -0, Number.NaN), Float64Array.of(0, Math.PI, 0)]);
  await t.throwsAsync(scratch.read('doubles', doubles), { message: /ends at byte 8 of 24/ });
  await scratch.remove('doubles');
  await scratch.remove('doubles');
  await t.throwsAsync(scratch.read('doubles', doubles.subarray(1, 2)), { code: 'ENOENT' });
  t.is((await readdir(folder)).length, 2);
  await folderStorage.reopen(folder);
  t.deepEqual(await readdir(folder), ['run.json']);
});
