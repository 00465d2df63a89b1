import { LiveModel, Objective } from '@secateur/core';
import { evaluate, type Graph, loraNames, outputOf } from '@secateur/core/graph';
import { openTinyModel, providedBy, relativeError, tinyFeeds } from '@secateur/core/testing';
import test from 'ava';
import distill, { distillation } from './index.js';

const shape = { batch: 2, sequence: 3 };
const half = distillation({ share: 0.5, always: false });
const shares = ['teacher shares', new Float32Array(6).fill(0.5)] as const;

const isTeachers = (name: string): boolean => name.startsWith('teacher:');

/** Teacher's parameters by whether a file holds them. */
const parametersOf = (graph: Graph, stored: boolean): string[] =>
  [...graph.parameters.values()].flatMap(({ name, ref }) =>
    isTeachers(name) && Boolean(ref) === stored ? [name.slice('teacher:'.length)] : [],
  );

const student = async (): Promise<Graph> => {
  const model = await openTinyModel({ layers: [{ kvHeads: 1, queries: 1, channels: 2 }] });
  return model.graph(shape);
};

test('a fresh adapter is no part of the teacher, which is then read from its files alone', async t => {
  const dense = await openTinyModel({}, { trained: false });
  const { graph, fixed } = half.loss(await student(), dense, shape);
  t.deepEqual([...fixed], [shares]);
  t.deepEqual(parametersOf(graph, false), []);
  t.deepEqual(parametersOf(graph, true), [...dense.source.tensors.keys()]);
});

test('of an adapter what has learnt is fed, by the teacher’s names', async t => {
  const dense = await openTinyModel();
  const module = 'model.layers.0.mlp.up_proj';
  for (const [name, data] of dense.lora.arrays)
    if (name.includes('lora_B') && !name.startsWith(module)) data.fill(0);
  const { graph, fixed } = half.loss(await student(), dense, shape);
  const { a, b } = loraNames(module);
  t.deepEqual(parametersOf(graph, false), [a, b]);
  t.deepEqual([...fixed.keys()], [`teacher:${a}`, `teacher:${b}`, 'teacher shares']);
  t.is(fixed.get(`teacher:${b}`), dense.lora.arrays.get(b));
});

test('changed weights of the dense model are fed', async t => {
  const { source, lora } = await openTinyModel({}, { trained: false });
  const data = new Float32Array(8).fill(1);
  const dense = new LiveModel(source, lora, new Map([['model.norm.weight', data]]));
  const { fixed } = half.loss(await student(), dense, shape);
  t.deepEqual([...fixed], [['teacher:model.norm.weight', data], shares]);
});

test('a student that is the dense model is taught nothing: the loss is the entropy of what it says', async t => {
  const dense = await openTinyModel();
  const { graph } = distillation({ share: 1, always: false }).loss(dense.graph(shape), dense, shape);
  const feeds = tinyFeeds(graph);
  for (const name of Object.keys(feeds))
    if (isTeachers(name)) feeds[name] = feeds[name.slice('teacher:'.length)]!;
  feeds['teacher shares'] = { shape: [6], data: new Float64Array(6).fill(1) };
  const logits = evaluate(dense.graph(shape), feeds).get(outputOf(dense.graph(shape), 'logits').name)!;
  const vocabulary = logits.shape[1]!;
  let entropy = 0;
  for (let row = 0; row < logits.shape[0]!; row++) {
    const powers = logits.data.subarray(row * vocabulary, (row + 1) * vocabulary).map(Math.exp);
    const total = powers.reduce((sum, power) => sum + power, 0);
    for (const power of powers)
      entropy -= feeds.weights!.data[row]! * (power / total) * Math.log(power / total);
  }
  const loss = evaluate(graph, feeds).get(outputOf(graph, 'loss').name)!;
  t.true(relativeError(loss, { shape: [], data: Float64Array.of(entropy) }) < 1e-12);
});

test('a source that the model knows better than its teacher is learnt from the text alone', async t => {
  const dense = await openTinyModel();
  const rows = [
    { name: 'new', loss: 1.9, denseLoss: 2 },
    { name: 'lost', loss: 2.1, denseLoss: 2 },
  ];
  const guided = (always: boolean) =>
    distillation({ share: 0.4, always }).loss(dense.graph(shape), dense, shape).guide!(rows);
  const told = (...data: number[]) => ({ 'teacher shares': { shape: [6], data: Float32Array.from(data) } });
  t.deepEqual(guided(false), told(0, 0, 0, 0.4, 0.4, 0.4));
  t.deepEqual(guided(true), told(0.4, 0.4, 0.4, 0.4, 0.4, 0.4));
});

test('documents are kept apart in the teacher too', async t => {
  const dense = await openTinyModel();
  const packed = { ...shape, documents: true };
  const { graph } = half.loss(dense.graph(packed), dense, packed);
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes('documents'));
  t.is(readers.filter(({ path }) => isTeachers(path)).length, readers.length / 2);
});

test('the share is one in (0, 1], a half by default', t => {
  for (const share of [0, -0.1, 1.1, Number.NaN])
    t.throws(() => distill({ share }), { code: 'E_PLUGIN_OPTIONS' }, String(share));
  t.deepEqual(distill().options, { share: 0.5, always: false });
  t.truthy(providedBy(distill({ share: 1 }), Objective, 'distill'));
});
