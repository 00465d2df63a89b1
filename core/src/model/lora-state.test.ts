import test from 'ava';
import type { SecateurError } from '../errors.js';
import type { Shape, TensorRef } from '../graph/graph.js';
import { sizeOf } from '../graph/graph.js';
import type { Adapter } from '../ports/checkpoint.js';
import { createRng } from '../rng.js';
import { MemoryFormat } from '../testing/memory-format.js';
import { cloneLora, freshLora, loadLora, loraProduct, widenLora, withoutIdle } from './lora-state.js';

const modules = new Map<string, Shape>([
  ['a.up', [6, 4]],
  ['a.down', [4, 6]],
]);

test('a fresh LoRA changes nothing: A is uniform within 1/√in, B is zero', t => {
  const { specs, arrays } = freshLora(new Map([['wide', [8, 400]]]), { rank: 16, scaling: 2 }, createRng(1));
  t.deepEqual([...specs], [['wide', { rank: 16, scaling: 2 }]]);
  const a = arrays.get('wide.lora_A.weight')!;
  t.is(a.length, 16 * 400);
  const bound = 1 / Math.sqrt(400);
  t.true(a.every(x => Math.abs(x) <= bound));
  const variance = a.reduce((sum, x) => sum + x * x, 0) / a.length;
  t.true(Math.abs(variance / (bound ** 2 / 3) - 1) < 0.05);
  t.true(Math.abs(a.reduce((sum, x) => sum + x, 0) / a.length) < 0.02 * bound);
  t.deepEqual(arrays.get('wide.lora_B.weight'), new Float32Array(8 * 16));
});

test('a LoRA that is widened computes the same, and is left alone where it is wide enough', t => {
  const rng = createRng(3);
  const spec = { rank: 2, scaling: 0.5 };
  const lora = freshLora(modules, spec, rng);
  for (const [name, data] of lora.arrays) if (name.includes('lora_B')) data.set(data.map(() => rng.normal()));
  const specs = new Map([...lora.specs, ['a.down', { rank: 5, scaling: 1 }] as const]);
  const arrays = new Map([
    ...lora.arrays,
    ...freshLora(new Map([['a.down', [4, 6]]]), { rank: 5, scaling: 1 }, rng).arrays,
  ]);
  const wide = widenLora({ specs, arrays }, 4, createRng(1));
  t.deepEqual(wide.specs.get('a.up'), { rank: 4, scaling: 0.5 });
  t.deepEqual(loraProduct(wide, 'a.up', [6, 4]), loraProduct(lora, 'a.up', [6, 4]));
  const rows = wide.arrays.get('a.up.lora_A.weight')!;
  t.deepEqual(rows.subarray(0, 8), lora.arrays.get('a.up.lora_A.weight'));
  t.true(rows.subarray(8).every(x => x !== 0 && Math.abs(x) <= 0.5));
  t.deepEqual(wide.specs.get('a.down'), { rank: 5, scaling: 1 });
  t.is(wide.arrays.get('a.down.lora_A.weight'), arrays.get('a.down.lora_A.weight'));
});

test('modules whose B is zero are idle, whatever their A', t => {
  const { specs, arrays } = freshLora(modules, { rank: 2, scaling: 1 }, createRng(1));
  t.deepEqual(withoutIdle({ specs, arrays }), { specs: new Map(), arrays: new Map() });
  arrays.get('a.down.lora_B.weight')![7] = -1e-30;
  const busy = withoutIdle({ specs, arrays });
  t.deepEqual([...busy.specs.keys()], ['a.down']);
  t.deepEqual([...busy.arrays.keys()], ['a.down.lora_A.weight', 'a.down.lora_B.weight']);
});

test('the factors of a module do not depend on which others there are', t => {
  const spec = { rank: 2, scaling: 1 };
  const all = freshLora(modules, spec, createRng(1));
  const one = freshLora(new Map([['a.down', [4, 6]]]), spec, createRng(1));
  t.deepEqual(one.arrays.get('a.down.lora_A.weight'), all.arrays.get('a.down.lora_A.weight'));
  t.notDeepEqual(freshLora(modules, spec, createRng(2)).arrays, all.arrays);
});

test('the product is B A, without the scaling', t => {
  const lora = {
    specs: new Map([['m', { rank: 2, scaling: 7 }]]),
    arrays: new Map([
      ['m.lora_A.weight', Float32Array.of(1, 2, 3, 4, 5, 6)],
      ['m.lora_B.weight', Float32Array.of(1, 0, 0, 1, 2, -1, 0, 0)],
    ]),
  };
  const product = loraProduct(lora, 'm', [4, 3]);
  t.deepEqual(product, Float32Array.of(1, 2, 3, 4, 5, 6, -2, -1, 0, 0, 0, 0));
  t.is(loraProduct(lora, 'other', [4, 3]), undefined);
});

test('a clone is trained without touching the original', t => {
  const lora = freshLora(modules, { rank: 2, scaling: 1 }, createRng(1));
  const before = lora.arrays.get('a.up.lora_A.weight')!.slice();
  const clone = cloneLora(lora);
  for (const data of clone.arrays.values()) data.fill(9);
  t.deepEqual(lora.arrays.get('a.up.lora_A.weight'), before);
});

/** An adapter whose factors lie in memory. */
const stored = async (
  tensors: Readonly<Record<string, Shape>>,
  rank = 2,
): Promise<{ adapter: Adapter; format: MemoryFormat }> => {
  const format = new MemoryFormat();
  const layout = Object.entries(tensors).map(([name, shape]) => ({ name, shape }));
  await format.write('adapter', {}, layout, async name =>
    Float32Array.from({ length: sizeOf(tensors[name]!) }, (_, i) => i + (name.endsWith('B') ? 100 : 0)),
  );
  const refs = (await format.open('adapter')).tensors;
  const pairs = new Map<string, { a: TensorRef; b: TensorRef; rank: number; scaling: number }>();
  for (const name of refs.keys())
    if (name.endsWith('.A')) {
      const module = name.slice(0, -2);
      pairs.set(module, { a: refs.get(name)!, b: refs.get(`${module}.B`)!, rank, scaling: 0.5 });
    }
  return { adapter: { config: {}, rank, scaling: 0.5, modules: pairs, hash: async () => '' }, format };
};

test('an adapter is read with the rank and scaling of each module', async t => {
  const { adapter, format } = await stored({ 'a.down.A': [2, 6], 'a.down.B': [4, 2] });
  const { specs, arrays } = await loadLora(adapter, modules, format);
  t.deepEqual([...specs], [['a.down', { rank: 2, scaling: 0.5 }]]);
  t.deepEqual([...arrays.keys()], ['a.down.lora_A.weight', 'a.down.lora_B.weight']);
  t.is(arrays.get('a.down.lora_A.weight')![11], 11);
  t.is(arrays.get('a.down.lora_B.weight')![0], 100);
});

test('an adapter of another model is refused', async t => {
  const stranger = await stored({ 'b.down.A': [2, 6], 'b.down.B': [4, 2] });
  const unknown = (await t.throwsAsync(
    loadLora(stranger.adapter, modules, stranger.format),
  )) as SecateurError;
  t.is(unknown.code, 'E_ADAPTER');
  t.regex(unknown.message, /b\.down/);

  for (const [a, b, rank] of [
    [[2, 5], [4, 2], 2],
    [[2, 6], [5, 2], 2],
    [[2, 6], [4, 2], 3],
  ] as const) {
    const { adapter, format } = await stored({ 'a.down.A': a, 'a.down.B': b }, rank);
    const error = (await t.throwsAsync(loadLora(adapter, modules, format))) as SecateurError;
    t.is(error.code, 'E_ADAPTER');
    t.true(error.message.includes(`[${a.join(', ')}] and [${b.join(', ')}]`), error.message);
    t.true(error.message.includes(`expected [${rank}, 6] and [4, ${rank}]`), error.message);
  }
});

test('an adapter with a number that is not finite is refused, by name', async t => {
  const { adapter, format } = await stored({ 'a.down.A': [2, 6], 'a.down.B': [4, 2] });
  const { b } = adapter.modules.get('a.down')!;
  const broken = {
    read: async (ref: TensorRef) => (await format.read(ref)).map(x => (ref === b ? x / 0 : x)),
  } as MemoryFormat;
  const error = (await t.throwsAsync(loadLora(adapter, modules, broken))) as SecateurError;
  t.is(error.code, 'E_ADAPTER');
  t.is(error.message, 'the adapter has Infinity in a.down.lora_B.weight, expected finite numbers');
});
