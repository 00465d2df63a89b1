import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder, throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { createHuggingFaceFormat } from './hugging-face-format.js';
import { writeModel } from './write-model.js';

const format = createHuggingFaceFormat();
const weights: Readonly<Record<string, Float32Array>> = {
  'b.weight': Float32Array.of(1, 2, 3, 4, 5, 6),
  'a.weight': Float32Array.of(-0.5, 0.1),
};
const layout = [
  { name: 'b.weight', shape: [2, 3] },
  { name: 'a.weight', shape: [2] },
];
const give = async (name: string) => weights[name]!;
const config = { model_type: 'llama', hidden_size: 3, unknown: { kept: true } };

test('a model that is written opens again with the same weights', async t => {
  const folder = path.join(await temporaryFolder(t), 'out', 'model');
  await format.write(folder, config, layout, give);
  t.deepEqual(await readdir(folder), ['config.json', 'model.safetensors']);
  const checkpoint = await format.open(folder);
  t.deepEqual(checkpoint.config, config);
  for (const { name, shape } of layout) {
    const ref = checkpoint.tensors.get(name)!;
    t.deepEqual(ref.shape, shape);
    t.deepEqual(await format.read(ref), weights[name]);
  }
  t.is(await readFile(path.join(folder, 'config.json'), 'utf8'), `${JSON.stringify(config, null, 2)}\n`);
});

test('the bytes do not depend on the order of the layout or on what was there before', async t => {
  const folder = await temporaryFolder(t);
  const [one, two] = [path.join(folder, '1'), path.join(folder, '2')];
  await format.write(one, config, layout, give);
  await format.write(two, config, [...layout].reverse(), give);
  await format.write(two, config, [...layout].reverse(), give);
  const read = (at: string) => readFile(path.join(at, 'model.safetensors'));
  t.deepEqual(await read(one), await read(two));
  t.is(await (await format.open(one)).hash(), await (await format.open(two)).hash());
});

test('a tensor may be given in pieces', async t => {
  const folder = await temporaryFolder(t);
  async function* pieces(name: string) {
    for (const [i] of weights[name]!.entries()) yield weights[name]!.subarray(i, i + 1);
  }
  for (const dtype of ['F32', 'BF16'] as const) {
    const [whole, parts] = [path.join(folder, dtype, 'whole'), path.join(folder, dtype, 'parts')];
    await writeModel(whole, { config, layout, dtype, tensor: give });
    await writeModel(parts, { config, layout, dtype, tensor: pieces });
    const read = (at: string) => readFile(path.join(at, 'model.safetensors'));
    t.deepEqual(await read(parts), await read(whole));
  }
  await t.throwsAsync(
    writeModel(path.join(folder, 'short'), { config, layout, tensor: () => pieces('a.weight') }),
    { message: /b\.weight: 2 elements do not make F32 of shape \[2, 3\]/ },
  );
});

test('half precision is written and read', async t => {
  const folder = await temporaryFolder(t);
  for (const dtype of ['F16', 'BF16'] as const) {
    await format.write(folder, config, layout, give, { dtype });
    const { tensors } = await format.open(folder);
    t.is(tensors.get('a.weight')!.dtype, dtype);
    t.deepEqual(await format.read(tensors.get('b.weight')!), weights['b.weight']);
    const rounded = await format.read(tensors.get('a.weight')!);
    t.is(rounded[1], dtype === 'F16' ? 0.0999755859375 : 0.10009765625);
  }
});

test('config.json names the element type, where it named one', async t => {
  const folder = await temporaryFolder(t);
  for (const [own, dtype, key, name] of [
    [{ torch_dtype: 'bfloat16' }, 'F32', 'torch_dtype', 'float32'],
    [{ dtype: 'float32' }, 'BF16', 'dtype', 'bfloat16'],
    [{}, 'F16', 'torch_dtype', undefined],
  ] as const) {
    await format.write(folder, { ...config, ...own }, layout, give, { dtype });
    t.is((await format.open(folder)).config[key], name);
  }
});

test('large models are split in the order of the layout, and a former model goes away', async t => {
  const folder = await temporaryFolder(t);
  await format.write(folder, config, layout, give);
  await createHuggingFaceFormat({ maxShardBytes: 24 }).write(folder, config, layout, give);
  const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  t.deepEqual(await readdir(folder), ['config.json', first, second, 'model.safetensors.index.json']);
  t.deepEqual(JSON.parse(await readFile(path.join(folder, 'model.safetensors.index.json'), 'utf8')), {
    metadata: { total_size: 32 },
    weight_map: { 'a.weight': second, 'b.weight': first },
  });
  const { tensors } = await format.open(folder);
  t.deepEqual(await format.read(tensors.get('a.weight')!), weights['a.weight']);
  await format.write(folder, config, layout, give);
  t.deepEqual(await readdir(folder), ['config.json', 'model.safetensors']);
});

test('a tensor above the limit has a shard of its own', async t => {
  const folder = await temporaryFolder(t);
  await createHuggingFaceFormat({ maxShardBytes: 1 }).write(folder, config, layout, give);
  t.is((await readdir(folder)).length, 4);
  t.is((await format.open(folder)).tensors.size, 2);
});

test('companions and documents come along, read-only ones too', async t => {
  const folder = await temporaryFolder(t);
  const companion = path.join(folder, 'tokenizer.json');
  await writeFile(companion, '{"x":1}');
  await chmod(companion, 0o444);
  const out = path.join(folder, 'out');
  await writeModel(out, {
    config,
    layout,
    tensor: give,
    companions: [companion],
    documents: { 'more.json': [1] },
  });
  t.is(await readFile(path.join(out, 'tokenizer.json'), 'utf8'), '{"x":1}');
  t.is(await readFile(path.join(out, 'more.json'), 'utf8'), '[\n  1\n]\n');
});

test('a failed write leaves neither files nor folders, and keeps a former model', async t => {
  const folder = await temporaryFolder(t);
  const fresh = path.join(folder, 'new', 'model');
  const kept = path.join(folder, 'kept');
  await format.write(kept, config, layout, give);
  const failing = async (name: string) => {
    if (name === 'b.weight') throw new Error('gone');
    return weights[name]!;
  };
  await t.throwsAsync(format.write(fresh, config, layout, failing), { message: 'gone' });
  await t.throwsAsync(format.write(kept, { other: 1 }, layout, failing), { message: 'gone' });
  await t.throwsAsync(format.write(fresh, config, layout, give, { companions: [path.join(folder, 'none')] }));
  const huge = async () => Float32Array.of(7e4, 0, 0, 0, 0, 0);
  await throwsCode(
    t,
    () => format.write(fresh, config, layout.slice(0, 1), huge, { dtype: 'F16' }),
    'E_NUMERICS',
    /70000/,
  );
  t.deepEqual(await readdir(folder), ['kept']);
  t.deepEqual(await readdir(kept), ['config.json', 'model.safetensors']);
  t.deepEqual((await format.open(kept)).config, config);
});
