import test from 'ava';
import type { RemovalGroup } from '../domain/removal-group.js';
import { GraphBuilder } from './builder.js';
import { compact, cutsOf } from './compact.js';
import { type Coupling, couple } from './couple.js';
import { largestDifference, outputAt, slicedFeeds, zeroedFeeds } from './fixtures/cut-feeds.js';
import { tinyDecoder, tinyFamilies, tinyFeeds, withLora } from './fixtures/tiny-decoder.js';
import type { Graph, Value } from './graph.js';
import type { Primitive } from './operator.js';
import { add } from './ops/add.js';
import { concat } from './ops/concat.js';
import { Exp, exp } from './ops/exp.js';
import { expand } from './ops/expand.js';
import { linear } from './ops/linear.js';
import { matMul } from './ops/mat-mul.js';
import { mul } from './ops/mul.js';
import { reduceMean } from './ops/reduce-mean.js';
import { reduceSum } from './ops/reduce-sum.js';
import { reshape } from './ops/reshape.js';
import { siluGate } from './ops/silu-gate.js';
import { slice } from './ops/slice.js';
import { softmax } from './ops/softmax.js';
import { transpose } from './ops/transpose.js';

const find = ({ groups }: Coupling, id: string): RemovalGroup => groups.find(group => group.id === id)!;

/** `0.mlp.down_proj[1]` of a member; a consumer is marked by an arrow. */
const written = ({ members }: Pick<RemovalGroup, 'members'>): string[] =>
  members.map(
    ({ param, axis, side }) =>
      `${side === 'consumer' ? '> ' : ''}${param.replace(/^model\.layers\./, '').replace(/\.weight$/, '')}[${axis}]`,
  );

const decoder = couple(withLora(tinyDecoder()));

test('a decoder has its residual width, its heads, its head sizes and its channels', t => {
  t.deepEqual(
    decoder.groups
      .filter(({ unprunable }) => unprunable === undefined)
      .map(({ id, kind, layer, units }) => [id, kind, layer, units]),
    [
      ['model#hidden', 'hidden', undefined, 8],
      ['model.layers.0.self_attn#kv-head', 'kv-head', 0, 2],
      ['model.layers.0.self_attn#query-head', 'query-head', 0, 2],
      ['model.layers#head-dim', 'head-dim', undefined, 2],
      ['model.layers.0.self_attn#head-dim', 'head-dim', 0, 4],
      ['model.layers.0.mlp#channel', 'channel', 0, 6],
      ['model.layers.1.self_attn#kv-head', 'kv-head', 1, 2],
      ['model.layers.1.self_attn#query-head', 'query-head', 1, 2],
      ['model.layers.1.self_attn#head-dim', 'head-dim', 1, 4],
      ['model.layers.1.mlp#channel', 'channel', 1, 6],
    ],
  );
});

test('a KV head is its rows of q, k and v, and the columns of o that read its query heads', t => {
  const group = find(decoder, 'model.layers.1.self_attn#kv-head');
  t.deepEqual(written(group), [
    '1.self_attn.q_proj[0]',
    '1.self_attn.k_proj[0]',
    '1.self_attn.v_proj[0]',
    '> 1.self_attn.o_proj[1]',
  ]);
  t.deepEqual(written({ members: group.adapterMembers }), [
    '1.self_attn.q_proj.lora_B[0]',
    '1.self_attn.k_proj.lora_B[0]',
    '1.self_attn.v_proj.lora_B[0]',
    '> 1.self_attn.o_proj.lora_A[1]',
  ]);
  // (2 query heads + k + v) · head size 4 · hidden 8, and as much of o as of q
  t.is(group.unitCost, (2 + 1 + 1 + 2) * 4 * 8);
  t.is(group.module, 'model.layers.1.self_attn');
});

test('a channel is its rows of gate and up, and the column of down', t => {
  const group = find(decoder, 'model.layers.0.mlp#channel');
  t.deepEqual(written(group), ['0.mlp.gate_proj[0]', '0.mlp.up_proj[0]', '> 0.mlp.down_proj[1]']);
  t.deepEqual(written({ members: group.adapterMembers }), [
    '0.mlp.gate_proj.lora_B[0]',
    '0.mlp.up_proj.lora_B[0]',
    '> 0.mlp.down_proj.lora_A[1]',
  ]);
  t.is(group.unitCost, 3 * 8);
});

test('a query head leaves keys and values alone', t => {
  const group = find(decoder, 'model.layers.0.self_attn#query-head');
  t.deepEqual(written(group), ['0.self_attn.q_proj[0]', '> 0.self_attn.o_proj[1]']);
  // one query head of each of the 2 KV heads
  t.is(group.unitCost, 2 * (2 * 4 * 8));
});

test('the residual width reaches every layer, as rows here and as columns there', t => {
  const { members } = find(decoder, 'model#hidden');
  const consumers = members.filter(({ side }) => side === 'consumer').map(({ param }) => param);
  t.is(consumers.length, 2 * 5 + 1);
  t.true(consumers.includes('lm_head.weight'));
  for (const name of ['o_proj', 'down_proj', 'input_layernorm', 'embed_tokens', 'model.norm'])
    t.true(
      members.some(({ param, side }) => param.includes(name) && side === 'own'),
      name,
    );
});

test('biases and norms of heads go with their heads and head sizes', t => {
  const biased = couple(tinyDecoder(tinyFamilies['biases, tied']));
  t.true(written(find(biased, 'model.layers.0.self_attn#kv-head')).includes('0.self_attn.v_proj.bias[0]'));
  const normed = couple(tinyDecoder(tinyFamilies['query-key norm']));
  t.false(written(find(normed, 'model.layers.0.self_attn#kv-head')).some(name => name.includes('norm')));
  t.true(written(find(normed, 'model.layers#head-dim')).includes('1.self_attn.k_norm[0]'));
});

test('one KV head is no group; its query heads are', t => {
  const { groups } = couple(tinyDecoder(tinyFamilies['multi-query']));
  t.deepEqual(
    groups
      .filter(({ layer, kind }) => layer === 0 && kind.endsWith('head'))
      .map(({ id, units }) => [id, units]),
    [['model.layers.0.self_attn#query-head', 3]],
  );
});

test('without grouped queries there are no query heads apart from KV heads', t => {
  const { groups } = couple(tinyDecoder(tinyFamilies['multi-head, tied']));
  t.false(groups.some(({ kind }) => kind === 'query-head'));
  t.is(groups.filter(({ kind }) => kind === 'kv-head').length, 2);
});

test('the vocabulary is never a unit, and says why', t => {
  const vocabulary = (coupling: Coupling): (string | undefined)[] =>
    coupling.groups
      .filter(({ members, units }) => units === 11 && members.length > 0)
      .map(({ unprunable }) => unprunable);
  t.deepEqual(vocabulary(decoder), ['looked up by id', 'it reaches the output "logits"']);
  t.deepEqual(vocabulary(couple(tinyDecoder({ tied: true }))), [
    'looked up by id; it reaches the output "logits"',
  ]);
});

test('the rank of a LoRA is never a unit', t => {
  const ranks = decoder.groups.filter(({ units }) => units === 3);
  t.is(ranks.length, 14);
  for (const { members, adapterMembers, unprunable, unitCost } of ranks) {
    t.deepEqual(members, []);
    t.is(adapterMembers.length, 2);
    t.is(unitCost, 0);
    t.regex(unprunable!, /only adapter weights/);
  }
});

test('a LoRA changes neither groups nor costs', t => {
  for (const [family, options] of Object.entries(tinyFamilies)) {
    const prunable = (graph: Graph) =>
      couple(graph)
        .groups.filter(({ unprunable }) => unprunable === undefined)
        .map(({ id, units, unitCost, members }) => ({ id, units, unitCost, members: written({ members }) }));
    const plain = tinyDecoder(options);
    t.deepEqual(prunable(withLora(plain)), prunable(plain), family);
  }
});

test('batch and sequence do not matter to the groups', t => {
  const shape = ({ groups }: Coupling) => groups.map(({ id, units, unitCost }) => [id, units, unitCost]);
  t.deepEqual(
    shape(couple(tinyDecoder({ batch: 1, sequence: 2 }))),
    shape(couple(tinyDecoder({ batch: 5, sequence: 7 }))),
  );
});

test('ids are unique and do not depend on the order in which maps are walked', t => {
  const ids = decoder.groups.map(({ id }) => id);
  t.is(new Set(ids).size, ids.length);
  t.deepEqual(
    couple(withLora(tinyDecoder())).groups.map(({ id }) => id),
    ids,
  );
});

/** x [3, 4] through a layer of 6 rows, a function of [3, 6], and a layer that reads what comes out. */
const between = (f: (g: GraphBuilder, h: Value) => Value): Graph => {
  const g = new GraphBuilder();
  const x = g.input('x', [3, 4]);
  const h = g.at('block.in', () => linear(g, x, g.parameter('block.in.weight', [6, 4])));
  const y = g.at('block.f', () => f(g, h));
  g.output(
    'y',
    g.at('block.out', () => linear(g, y, g.parameter('block.out.weight', [5, y.shape[1]!]))),
  );
  return g.build();
};

const unprunable = (f: (g: GraphBuilder, h: Value) => Value): string | undefined =>
  couple(between(f)).groups.find(({ members }) => members.some(({ param }) => param === 'block.in.weight'))!
    .unprunable;

test('a class that a mean or a softmax runs over is unprunable', t => {
  t.is(
    unprunable((g, h) => mul(g, h, reduceMean(g, h, [1], true))),
    'a mean runs over it',
  );
  t.is(
    unprunable((g, h) => softmax(g, h)),
    'softmax runs over it',
  );
  t.is(
    unprunable((_, h) => h),
    undefined,
  );
});

test('a sum over what is not zero where a unit is removed freezes the class', t => {
  t.is(
    unprunable((g, h) => add(g, h, reduceSum(g, exp(g, h), [1], true))),
    'ReduceSum at block.f sums over it where it is not zero',
  );
  t.is(
    unprunable((g, h) => add(g, h, reduceSum(g, mul(g, h, h), [1], true))),
    undefined,
  );
  // exp alone is harmless: the columns that read it are cut as well
  t.is(
    unprunable((g, h) => exp(g, h)),
    undefined,
  );
});

test('a class that reaches an output or an input is unprunable', t => {
  const seen = (f: (g: GraphBuilder, h: Value) => void): string | undefined =>
    unprunable((g, h) => {
      f(g, h);
      return h;
    });
  t.is(
    seen((g, h) => g.output('hidden', h)),
    'it reaches the output "hidden"',
  );
  t.is(
    seen((g, h) => g.output('scaled', mul(g, h, g.input('scale', [6])))),
    'it is an axis of a graph input; it reaches the output "scaled"',
  );
});

test('a reshape across the grain freezes the class', t => {
  t.regex(unprunable((g, h) => reshape(g, reshape(g, h, [2, 9]), [3, 6]))!, /reshaped across its own grain/);
  t.is(
    unprunable((g, h) => reshape(g, reshape(g, h, [3, 2, 3]), [3, 6])),
    undefined,
  );
});

test('an operator without a rule freezes what it touches', t => {
  const operator = Exp as { couple?: Primitive['couple'] };
  const rule = operator.couple!;
  delete operator.couple; // every operator has a rule: for once, one has none
  try {
    t.is(
      unprunable((g, h) => exp(g, h)),
      'Exp has no coupling rule',
    );
  } finally {
    operator.couple = rule;
  }
});

/** One projection makes gate and up, as in Phi and in fused checkpoints. */
const fusedGate = (): Graph =>
  between((g, h) => {
    const fused = g.at('block.fused', () => linear(g, h, g.parameter('block.fused.weight', [10, 6])));
    return siluGate(g, slice(g, fused, 1, 0, 5), slice(g, fused, 1, 5, 10));
  });

test('a fused projection that is sliced apart loses the rows of both halves', t => {
  const group = couple(fusedGate()).groups.find(({ units }) => units === 5)!;
  t.is(group.unprunable, undefined);
  t.deepEqual(
    group.members.map(({ param, side, layout }) => [param, side, layout.kind]),
    [
      ['block.fused.weight', 'own', 'sum'],
      ['block.out.weight', 'consumer', 'dimension'],
    ],
  );
  t.is(group.unitCost, 2 * 6 + 5);
});

test('what is concatenated is cut at its place in the whole', t => {
  const graph = between((g, h) => concat(g, [slice(g, h, 1, 2, 6), exp(g, slice(g, h, 1, 0, 2))], 1));
  const groups = couple(graph).groups.filter(({ unprunable: reason }) => reason === undefined);
  t.deepEqual(
    groups.map(({ units }) => units),
    [2, 4],
  );
  const cuts = cutsOf(new Map([[groups[0]!.id, [1]]]), groups);
  t.deepEqual(cuts.get('block.in.weight'), [[0, 2, 3, 4, 5]]);
  t.deepEqual(cuts.get('block.out.weight')![1], [0, 1, 2, 3, 4]);
});

for (const [about, graph] of [
  ['sliced apart', fusedGate()],
  [
    'sliced, swapped and joined',
    between((g, h) =>
      concat(g, [slice(g, h, 1, 2, 6), mul(g, slice(g, h, 1, 0, 2), slice(g, h, 1, 0, 2))], 1),
    ),
  ],
  ['opened into a grid', between((g, h) => reshape(g, exp(g, reshape(g, h, [3, 2, 3])), [3, 6]))],
] as const)
  test(`zeroed is cut where a layer is ${about}`, t => {
    const coupling = couple(graph);
    const feeds = tinyFeeds(graph);
    const whole = outputAt(graph, 'y', feeds);
    for (const group of coupling.groups.filter(({ unprunable: reason }) => reason === undefined)) {
      const removed = new Map([[group.id, [group.units - 1]]]);
      const cuts = cutsOf(removed, coupling.groups);
      const zeroed = outputAt(graph, 'y', zeroedFeeds(feeds, cuts));
      const cut = outputAt(compact(graph, coupling, removed), 'y', slicedFeeds(feeds, cuts));
      t.true(largestDifference(zeroed, cut) <= 1e-12, group.id);
      t.true(largestDifference(whole, cut) > 1e-3, group.id);
    }
  });

test('keys that are repeated for the queries of their group leave KV heads and query heads apart', t => {
  const [batch, length, heads, group, depth] = [2, 3, 2, 5, 4];
  const g = new GraphBuilder();
  const x = g.input('x', [batch * length, 7]);
  const project = (name: string, size: number): Value =>
    g.at(`layers.0.${name}`, () => linear(g, x, g.parameter(`${name}.weight`, [size * depth, 7])));
  const open = (value: Value, size: number): Value =>
    transpose(g, reshape(g, value, [batch, length, size, depth]), [0, 2, 1, 3]);
  const repeated = (value: Value): Value => {
    const single = reshape(g, open(value, heads), [batch, heads, 1, length, depth]);
    const copies = expand(g, single, [batch, heads, group, length, depth]);
    return reshape(g, copies, [batch, heads * group, length, depth]);
  };
  const [q, k, v] = [project('q', heads * group), project('k', heads), project('v', heads)];
  const scores = matMul(g, open(q, heads * group), transpose(g, repeated(k), [0, 1, 3, 2]));
  const mixed = transpose(g, matMul(g, softmax(g, scores), repeated(v)), [0, 2, 1, 3]);
  const rows = reshape(g, mixed, [batch * length, heads * group * depth]);
  const out = g.parameter('o.weight', [7, heads * group * depth]);
  g.output(
    'y',
    g.at('layers.0.o', () => linear(g, rows, out)),
  );
  const { groups } = couple(g.build());
  t.deepEqual(
    groups
      .filter(({ unprunable }) => unprunable === undefined)
      .map(({ kind, units, unitCost }) => [kind, units, unitCost]),
    [
      ['kv-head', heads, 7 * depth * (2 * group + 2)],
      ['query-head', group, 7 * depth * heads * 2],
      ['head-dim', depth, 7 * heads * (group + 1)],
      ['head-dim', depth, 7 * heads * (group + 1)],
    ],
  );
});
