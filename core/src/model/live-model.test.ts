import test from 'ava';
import { sizeOf } from '../graph/graph.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { LiveModel, moduleOf } from './live-model.js';

const model = await openTinyModel({ bias: true });

test('a weight is read from its file, unless it was changed', async t => {
  const name = 'model.layers.0.mlp.up_proj.weight';
  const stored = await model.weight(name);
  t.is(stored.length, 48);
  const mine = new Float32Array(48);
  const changed = new LiveModel(model.source, model.lora, new Map([[name, mine]]));
  t.is(await changed.weight(name), mine);
  t.deepEqual(await model.weight(name), stored);
  t.is(changed.fed.get(name), mine);
  t.false(model.fed.has(name));
  await t.throwsAsync(model.weight('nothing'), { message: 'the model has no parameter nothing' });
});

test('a merged weight is W + scaling · B A', async t => {
  const module = 'model.layers.1.self_attn.o_proj';
  const weight = await model.weight(`${module}.weight`);
  const merged = await model.merged(`${module}.weight`);
  const [a, b] = ['A', 'B'].map(factor => model.lora.arrays.get(`${module}.lora_${factor}.weight`)!);
  const [out, into] = [8, 16];
  const { rank, scaling } = model.lora.specs.get(module)!;
  let change = 0;
  for (let i = 0; i < out; i++)
    for (let j = 0; j < into; j++) {
      let product = 0;
      for (let r = 0; r < rank; r++) product += b![i * rank + r]! * a![r * into + j]!;
      const at = i * into + j;
      t.true(Math.abs(merged[at]! - (weight[at]! + scaling * product)) < 1e-6);
      change = Math.max(change, Math.abs(merged[at]! - weight[at]!));
    }
  t.true(change > 1e-2);
});

test('biases, norms and layers without a LoRA have nothing to merge', async t => {
  for (const name of ['model.layers.0.self_attn.q_proj.bias', 'model.norm.weight', 'lm_head.weight'])
    t.deepEqual(await model.merged(name), await model.weight(name));
});

test('merging from a changed weight starts from that', async t => {
  const name = 'model.layers.1.self_attn.o_proj.weight';
  const zero = new LiveModel(model.source, model.lora, new Map([[name, new Float32Array(128)]]));
  const [merged, stored, update] = [
    await model.merged(name),
    await model.weight(name),
    await zero.merged(name),
  ];
  t.true(merged.every((w, i) => Math.abs(w - stored[i]! - update[i]!) < 1e-6));
});

test('what is counted are base parameters, of the blocks and of all', t => {
  const { parameters } = model.source.tracer.trace(model.source.config, model.source.tensors, {
    batch: 1,
    sequence: 2,
  });
  const sizes = [...parameters.values()].map(({ name, shape }) => [name, sizeOf(shape)] as const);
  const all = sizes.reduce((sum, [, size]) => sum + size, 0);
  const outside = 2 * 11 * 8 + 8; // embedding, head, last norm
  t.deepEqual(model.count(), { model: all, blocks: all - outside });
});

test('groups have the adapter among their members', t => {
  const group = model.groups.find(({ kind }) => kind === 'channel')!;
  t.is(group.adapterMembers.length, 3);
});

test('the module of a weight is its name without the last part', t => {
  t.is(moduleOf('model.layers.0.mlp.up_proj.weight'), 'model.layers.0.mlp.up_proj');
});
