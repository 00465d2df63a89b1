import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { NamedTensor } from '@secateur/core';
import { temporaryFolder, throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { checkAdapter } from './check-adapter.js';
import { sharedData, testWith, writeRaw } from './fixtures.test.data.js';
import { createHuggingFaceFormat } from './hugging-face-format.js';
import { readSafetensorsHeader } from './safetensors-header.js';

const format = createHuggingFaceFormat();
const config = { peft_type: 'LORA', r: 2, lora_alpha: 8, bias: 'none', target_modules: ['q_proj', 'v_proj'] };
const q = 'model.layers.0.self_attn.q_proj';
const tensor = (name: string, shape: [number, number]): NamedTensor => ({
  name,
  shape,
  data: Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => i / 8),
});
const pair = (module: string) => [
  tensor(`${module}.lora_A.weight`, [2, 4]),
  tensor(`${module}.lora_B.weight`, [6, 2]),
];

const rawFolder = async (
  folder: string,
  names: Readonly<Record<string, readonly number[]>>,
  more: object = {},
) => {
  await writeFile(path.join(folder, 'adapter_config.json'), JSON.stringify({ ...config, ...more }));
  let end = 0;
  const header: Record<string, object> = {};
  for (const [name, shape] of Object.entries(names)) {
    const begin = end;
    end += 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] };
  }
  await writeRaw(folder, header, new Uint8Array(end), 'adapter_model.safetensors');
};

test('an adapter that is written has the names of PEFT and opens again', async t => {
  const folder = await temporaryFolder(t);
  const tensors = pair(q);
  await format.writeAdapter(folder, config, tensors);
  t.deepEqual(await readdir(folder), ['adapter_config.json', 'adapter_model.safetensors']);
  const header = await readSafetensorsHeader(path.join(folder, 'adapter_model.safetensors'));
  t.deepEqual(
    [...header.tensors.keys()],
    [`base_model.model.${q}.lora_A.weight`, `base_model.model.${q}.lora_B.weight`],
  );
  const adapter = await format.openAdapter(folder);
  t.deepEqual(adapter.config, config);
  t.like(adapter, { rank: 2, scaling: 4 });
  t.deepEqual([...adapter.modules.keys()], [q]);
  const { a, b, rank, scaling } = adapter.modules.get(q)!;
  t.deepEqual([rank, scaling], [2, 4]);
  t.deepEqual(await format.read(a), tensors[0]!.data);
  t.deepEqual(await format.read(b), tensors[1]!.data);
  t.regex(await adapter.hash(), /^[0-9a-f]{64}$/);
});

test('names with the adapter’s name in them are understood', async t => {
  const folder = await temporaryFolder(t);
  await rawFolder(folder, {
    [`base_model.model.${q}.lora_A.default.weight`]: [2, 4],
    [`base_model.model.${q}.lora_B.default.weight`]: [6, 2],
  });
  t.deepEqual([...(await format.openAdapter(folder)).modules.keys()], [q]);
});

const A = `base_model.model.${q}.lora_A.weight`;
const B = `base_model.model.${q}.lora_B.weight`;
const refused: readonly (readonly [string, Readonly<Record<string, readonly number[]>>, object, RegExp])[] = [
  ['A without B', { [A]: [2, 4] }, {}, /q_proj has lora_A but no lora_B/],
  ['B without A', { [B]: [6, 2] }, {}, /q_proj has lora_B but no lora_A/],
  [
    'ranks that disagree',
    { [A]: [2, 4], [B]: [6, 3] },
    {},
    /B of shape \[6, 3\], expected \[2, in\] and \[out, 2\]/,
  ],
  ['another rank than the config says', { [A]: [3, 4], [B]: [6, 3] }, {}, /rank is 2/],
  ['a factor of one axis', { [A]: [2], [B]: [6, 2] }, {}, /A of shape \[2\]/],
  [
    'a foreign tensor',
    { [A]: [2, 4], [B]: [6, 2], 'base_model.model.lm_head.weight': [1] },
    {},
    /lm_head\.weight is not supported/,
  ],
  [
    'a module that is no target',
    { [A]: [2, 4], [B]: [6, 2] },
    { target_modules: ['k_proj'] },
    /not among target_modules/,
  ],
  [
    'the same factor under both spellings',
    { [A]: [2, 4], [A.replace('.weight', '.default.weight')]: [2, 4], [B]: [6, 2] },
    {},
    /lora_A twice/,
  ],
  ['no tensor at all', {}, {}, /no LoRA tensor/],
  ['DoRA', { [A]: [2, 4], [B]: [6, 2] }, { use_dora: true }, /DoRA/],
];

for (const [what, names, more, message] of refused)
  test(`${what} is refused`, async t => {
    const folder = await temporaryFolder(t);
    await rawFolder(folder, names, more);
    await throwsCode(t, () => format.openAdapter(folder), 'E_ADAPTER', message);
  });

test('missing files, a pickle and integer weights are refused', async t => {
  const folder = await temporaryFolder(t);
  await throwsCode(t, () => format.openAdapter(path.join(folder, 'none')), 'E_ADAPTER', /does not exist/);
  await throwsCode(t, () => format.openAdapter(folder), 'E_ADAPTER', /adapter_config\.json cannot be read/);
  await writeFile(path.join(folder, 'adapter_config.json'), JSON.stringify(config));
  await throwsCode(t, () => format.openAdapter(folder), 'E_ADAPTER', /has no adapter_model\.safetensors/);
  await writeFile(path.join(folder, 'adapter_model.bin'), 'x');
  await throwsCode(t, () => format.openAdapter(folder), 'E_MODEL_PICKLE', /adapter_model\.bin/);
  await writeRaw(
    folder,
    { [A]: { dtype: 'I32', shape: [1], data_offsets: [0, 4] } },
    new Uint8Array(4),
    'adapter_model.safetensors',
  );
  await throwsCode(t, () => format.openAdapter(folder), 'E_ADAPTER', /element type I32/);
});

test('an adapter that would not open again is not written', async t => {
  const folder = await temporaryFolder(t);
  await throwsCode(t, () => format.writeAdapter(folder, config, pair(q).slice(1)), 'E_ADAPTER', /no lora_A/);
  await throwsCode(
    t,
    () => format.writeAdapter(folder, { ...config, r: 4 }, pair(q)),
    'E_ADAPTER',
    /rank is 4/,
  );
  t.deepEqual(await readdir(folder), []);
});

test('an adapter is checked against the model', async t => {
  const folder = await temporaryFolder(t);
  await format.writeAdapter(folder, config, pair(q));
  const adapter = await format.openAdapter(folder);
  t.notThrows(() => checkAdapter(adapter, new Map([[q, { out: 6, in: 4 }]])));
  const found =
    /A \[2, 4\] and B \[6, 2\] for model\.layers\.0\.self_attn\.q_proj, expected \[2, 4\] and \[8, 2\]/;
  await throwsCode(t, () => checkAdapter(adapter, new Map([[q, { out: 8, in: 4 }]])), 'E_ADAPTER', found);
  await throwsCode(t, () => checkAdapter(adapter, new Map()), 'E_ADAPTER', /q_proj, which the model lacks/);
});

const real = [
  { name: 'gemma3-270m-r4', modules: 72, rank: 4, scaling: 4, a: [4, 640], b: [1024, 4] },
  { name: 'opt-125m-r16', modules: 24, rank: 16, scaling: 2, a: [16, 768], b: [768, 16] },
] as const;

for (const { name, modules, rank, scaling, a, b } of real)
  testWith(`lora/${name}`)(`${name} opens, and written again has the same values`, async t => {
    const adapter = await format.openAdapter(sharedData(`lora/${name}`));
    t.like(adapter, { rank, scaling });
    t.is(adapter.modules.size, modules);
    const [module] = [...adapter.modules].find(([path]) => path.endsWith('layers.0.self_attn.q_proj'))!;
    t.deepEqual(adapter.modules.get(module)!.a.shape, a);
    t.deepEqual(adapter.modules.get(module)!.b.shape, b);
    const tensors: NamedTensor[] = [];
    for (const [path, { a, b }] of adapter.modules)
      tensors.push(
        { name: `${path}.lora_A.weight`, shape: a.shape, data: await format.read(a) },
        { name: `${path}.lora_B.weight`, shape: b.shape, data: await format.read(b) },
      );
    const folder = await temporaryFolder(t);
    await format.writeAdapter(folder, adapter.config, tensors);
    const again = await format.openAdapter(folder);
    t.deepEqual([...again.modules.keys()].sort(), [...adapter.modules.keys()].sort());
    const [written, given] = [again, adapter].map(({ modules }) => format.read(modules.get(module)!.a));
    t.deepEqual(await written, await given);
    if (adapter.modules.get(module)!.a.dtype !== 'F32') return;
    const weights = 'adapter_model.safetensors';
    const original = await readFile(sharedData(`lora/${name}/${weights}`));
    t.true(original.equals(await readFile(path.join(folder, weights))));
  });
