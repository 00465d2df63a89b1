import { type ModelConfig, type SecateurError, Tracer } from '@secateur/core';
import { couple, type DenseFeeds, evaluate, type Graph, outputOf, sizeOf } from '@secateur/core/graph';
import { providedBy, tinyDecoder } from '@secateur/core/testing';
import test from 'ava';
import tracerLlama, { llamaTracer } from './index.js';
import { configOf, type Extras, shapesOf, tensorsOf, twoLayers } from './tensors.test.data.js';
import { traceDecoder } from './trace.js';

const shape = { batch: 2, sequence: 5 };

const trace = (family: string, own: ModelConfig = {}, extras: Extras = {}): Graph =>
  traceDecoder(configOf(family, own), tensorsOf(shapesOf(twoLayers, extras)), shape);

/** Every way in which a family may look. */
const families: readonly [about: string, family: string, own: ModelConfig, extras: Extras][] = [
  ['LLaMA', 'Llama', {}, {}],
  ['LLaMA, tied', 'Llama', { tie_word_embeddings: true }, { tied: true }],
  [
    'LLaMA with biases',
    'Llama',
    { attention_bias: true, mlp_bias: true },
    { qkvBias: true, outputBias: true, mlpBias: true },
  ],
  ['Mistral', 'Mistral', { sliding_window: 2 }, {}],
  ['Qwen2', 'Qwen2', { tie_word_embeddings: true }, { qkvBias: true, tied: true }],
  ['Qwen3', 'Qwen3', {}, { queryKeyNorm: true }],
];

const feedsOf = (graph: Graph): DenseFeeds =>
  Object.fromEntries(
    [...graph.inputs, ...graph.parameters.keys()].map((name, n) => {
      const value = graph.values.get(name)!;
      const data = Float64Array.from({ length: sizeOf(value.shape) }, (_, i) =>
        value.dtype === 'int64' ? (5 * i + 3) % 13 : Math.sin(1 + i * 1.7 + n),
      );
      return [name, { shape: value.shape, data }];
    }),
  );

const logitsOf = (graph: Graph, feeds = feedsOf(graph)): Float64Array =>
  evaluate(graph, feeds).get(outputOf(graph, 'logits').name)!.data;

for (const [about, family, own, extras] of families)
  test(`${about}: every tensor of the checkpoint is used, by reference`, t => {
    const graph = trace(family, own, extras);
    const tensors = tensorsOf(shapesOf(twoLayers, extras));
    t.deepEqual([...graph.parameters.keys()].sort(), [...tensors.keys()].sort());
    for (const [name, ref] of tensors) t.deepEqual(graph.parameters.get(name)!.ref, ref);
    t.deepEqual(outputOf(graph, 'logits').shape, [10, 13]);
    t.deepEqual(graph.inputs, ['input_ids']);
    t.true(logitsOf(graph).every(Number.isFinite));
    const kinds = couple(graph).groups.flatMap(({ kind, unprunable }) => (unprunable ? [] : [kind]));
    t.is(kinds.filter(kind => kind === 'kv-head').length, 2);
    t.is(kinds.filter(kind => kind === 'channel').length, 2);
  });

test('logits are those of the decoder of the core, which is written apart', t => {
  const own = { rope_theta: 100, rms_norm_eps: 1e-5 };
  const layers = Array(2).fill({ kvHeads: 2, queries: 2, channels: 20 });
  const tiny = { ...shape, hidden: 16, headDim: 6, vocabulary: 13, layers };
  for (const [family, extras, switches] of [
    ['Llama', {}, {}],
    ['Qwen2', { qkvBias: true }, { bias: true }],
    ['Qwen3', { queryKeyNorm: true }, { queryKeyNorm: true }],
  ] as const) {
    const graph = trace(family, own, extras);
    const feeds = feedsOf(graph);
    t.deepEqual(logitsOf(graph, feeds), logitsOf(tinyDecoder({ ...tiny, ...switches }), feeds), family);
  }
});

test('a position sees what stands in its window, and nothing behind it', t => {
  const config = configOf('Mistral', { sliding_window: 2, num_hidden_layers: 1 });
  const graph = traceDecoder(config, tensorsOf(shapesOf(twoLayers.slice(1))), shape);
  const feeds = feedsOf(graph);
  const changed = (at: number): boolean[] => {
    const ids = feeds.input_ids!;
    const other = { ...feeds, input_ids: { ...ids, data: ids.data.with(at, (ids.data[at]! + 1) % 13) } };
    const [before, after] = [logitsOf(graph, feeds), logitsOf(graph, other)];
    return Array.from({ length: 5 }, (_, row) =>
      before.subarray(13 * row, 13 * row + 13).some((x, i) => x !== after[13 * row + i]),
    );
  };
  t.deepEqual(changed(1), [false, true, true, false, false]);
  t.deepEqual(changed(4), [false, false, false, false, true]);
});

test('scaling of RoPE and the norm are read from config.json', t => {
  const feeds = feedsOf(trace('Llama'));
  const logits = (own: ModelConfig): string => logitsOf(trace('Llama', own), feeds).join();
  const linear = { rope_scaling: { rope_type: 'linear', factor: 3 } };
  const all = [logits({}), logits(linear), logits({ rope_theta: 5 }), logits({ rms_norm_eps: 0.1 })];
  t.is(new Set(all).size, 4);
});

test('a part that a layer lacks is not in the graph, nor is its norm', t => {
  const lacking = { '0': { skip: ['self_attn'] }, '1': { skip: ['mlp'] } };
  const layers = [
    { heads: 0, kvHeads: 0, intermediate: 20 },
    { heads: 4, kvHeads: 2, intermediate: 0 },
  ];
  const shapes = shapesOf(layers);
  const config = configOf('Llama', { per_layer_config: lacking });
  const graph = traceDecoder(config, tensorsOf(shapes), shape);
  t.deepEqual([...graph.parameters.keys()].sort(), [...shapes.keys()].sort());
  // A part of zeros adds nothing: the whole model with zeros there computes the same.
  const whole = trace('Llama');
  const feeds = feedsOf(whole);
  const absent = (name: string): boolean => /\.0\.self_attn\.o_proj|\.1\.mlp\.down_proj/.test(name);
  const zeroed = Object.fromEntries(
    Object.entries(feeds).map(([name, value]) => [
      name,
      absent(name) ? { ...value, data: value.data.map(() => 0) } : value,
    ]),
  );
  const kept = Object.fromEntries(
    [...graph.inputs, ...graph.parameters.keys()].map(name => [name, feeds[name]!]),
  );
  t.deepEqual(logitsOf(graph, kept), logitsOf(whole, zeroed));
  t.deepEqual(
    couple(graph).groups.flatMap(({ kind, id }) => (kind === 'kv-head' || kind === 'channel' ? [id] : [])),
    ['model.layers.0.mlp#channel', 'model.layers.1.self_attn#kv-head'],
  );
  t.deepEqual(llamaTracer.layers(config), [
    { heads: 0, kvHeads: 0, channels: 20 },
    { heads: 4, kvHeads: 2, channels: 0 },
  ]);
});

test('a tensor that is missing or of another shape is refused, by name', t => {
  const config = configOf('Llama');
  const missing = tensorsOf(shapesOf(twoLayers));
  missing.delete('model.layers.1.mlp.up_proj.weight');
  const first = t.throws(() => traceDecoder(config, missing, shape)) as unknown as SecateurError;
  t.is(first.code, 'E_TENSOR_MISSING');
  t.is(
    first.message,
    'the checkpoint has no tensor model.layers.1.mlp.up_proj.weight, expected one of shape [20, 16]',
  );
  const other = tensorsOf(shapesOf(twoLayers, { headDim: 8 }));
  const second = t.throws(() => traceDecoder(config, other, shape)) as unknown as SecateurError;
  t.is(second.code, 'E_TENSOR_SHAPE');
  t.regex(second.message, /q_proj\.weight has the shape \[32, 16\], config\.json asks for \[24, 16\]/);
});

test('a tensor of a type that is no weight is refused, by name', t => {
  const tensors = tensorsOf(shapesOf(twoLayers));
  const ref = { ...tensors.get('model.norm.weight')!, dtype: 'I8' as 'F32' };
  const error = t.throws(() =>
    traceDecoder(configOf('Llama'), tensors.set('model.norm.weight', ref), shape),
  ) as unknown as SecateurError;
  t.is(error.code, 'E_TENSOR_DTYPE');
  t.is(error.message, 'model.norm.weight has the element type I8, expected F64, F32, F16, BF16');
});

test('a weight that config.json does not ask for is refused, tables and masks are passed over', t => {
  const refused = (own: ModelConfig, extras: Extras = {}): string => {
    const error = t.throws(() => trace('Llama', own, extras)) as unknown as SecateurError;
    t.is(error.code, 'E_MODEL_CONFIG');
    return error.message;
  };
  t.regex(refused({ num_hidden_layers: 1 }), /model\.layers\.1\.input_layernorm\.weight and 8 more tensors/);
  t.regex(refused({}, { mlpBias: true }), /model\.layers\.0\.mlp\.gate_proj\.bias and 5 more/);
  const tensors = tensorsOf(shapesOf(twoLayers));
  const ref = tensors.get('model.norm.weight')!;
  tensors.set('model.layers.0.self_attn.rotary_emb.inv_freq', ref);
  tensors.set('model.layers.0.self_attn.bias', { ...ref, dtype: 'BOOL' as 'F32' });
  t.notThrows(() => traceDecoder(configOf('Llama', { tie_word_embeddings: true }), tensors, shape));
});

test('the tracer says what reports and limits need', t => {
  t.is(providedBy(tracerLlama(), Tracer, 'llama'), llamaTracer);
  t.deepEqual(llamaTracer.layers(configOf('Qwen3')), [
    { heads: 4, kvHeads: 2, channels: 20 },
    { heads: 4, kvHeads: 2, channels: 20 },
  ]);
  t.is(llamaTracer.maxSequence(configOf('Llama', { max_position_embeddings: 77 })), 77);
  t.is(llamaTracer.architectures.length, 4);
});
