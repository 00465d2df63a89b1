import test from 'ava';
import type { RemovalGroup, Selection } from '../domain/removal-group.js';
import { compact, cutShape, cutsOf, cutTensor, keptBy } from './compact.js';
import { couple } from './couple.js';
import { largestDifference, outputAt, slicedFeeds, zeroedFeeds } from './fixtures/cut-feeds.js';
import { tinyDecoder, tinyFamilies, tinyFeeds, withLora } from './fixtures/tiny-decoder.js';
import { type Graph, sizeOf, type TensorRef } from './graph.js';

const prunable = (groups: readonly RemovalGroup[]): RemovalGroup[] =>
  groups.filter(({ unprunable }) => unprunable === undefined);

/** Base parameters of a graph. */
const count = ({ parameters }: Graph): number =>
  [...parameters.values()]
    .filter(({ role }) => role === 'base')
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Everything that follows from a selection: zeroed, cut and whole logits. */
const logits = (graph: Graph, selection: Selection) => {
  const coupling = couple(graph);
  const feeds = tinyFeeds(graph);
  const cuts = cutsOf(selection, coupling.groups);
  const small = compact(graph, coupling, selection);
  return {
    small,
    whole: outputAt(graph, 'logits', feeds),
    zeroed: outputAt(graph, 'logits', zeroedFeeds(feeds, cuts)),
    cut: outputAt(small, 'logits', slicedFeeds(feeds, cuts)),
  };
};

for (const [family, options] of Object.entries(tinyFamilies))
  for (const adapted of [false, true]) {
    const graph = adapted ? withLora(tinyDecoder(options)) : tinyDecoder(options);
    const { groups } = couple(graph);

    test(`${family}${adapted ? ' with LoRA' : ''}: zeroed is cut, for every prunable class`, t => {
      for (const group of prunable(groups)) {
        const units = group.units > 3 ? [0, group.units - 2] : [group.units - 1];
        const { whole, zeroed, cut } = logits(graph, new Map([[group.id, units]]));
        t.true(largestDifference(zeroed, cut) <= 1e-10, `${group.id} ${largestDifference(zeroed, cut)}`);
        t.true(largestDifference(whole, cut) > 1e-3, `${group.id} does nothing`);
      }
    });

    test(`${family}${adapted ? ' with LoRA' : ''}: costs are the difference of parameters`, t => {
      const coupling = couple(graph);
      for (const group of prunable(groups))
        for (const units of group.units > 2 ? [[0], [0, 2]] : [[1]]) {
          const small = compact(graph, coupling, new Map([[group.id, units]]));
          t.is(count(graph) - count(small), units.length * group.unitCost, group.id);
        }
      const apart = prunable(groups).filter(({ kind }) => kind === 'kv-head' || kind === 'channel');
      const selection = new Map(apart.map(({ id }, i) => [id, i % 2 ? [0] : [1]]));
      const cost = apart.reduce((sum, { unitCost }) => sum + unitCost, 0);
      t.is(count(graph) - count(compact(graph, coupling, selection)), cost);
    });

    test(`${family}${adapted ? ' with LoRA' : ''}: zeroed is cut, for all classes at once`, t => {
      const selection = new Map(prunable(groups).map(({ id, units }, i) => [id, [i % units]]));
      const { whole, zeroed, cut } = logits(graph, selection);
      t.true(largestDifference(zeroed, cut) <= 1e-10, `${largestDifference(zeroed, cut)}`);
      t.true(largestDifference(whole, cut) > 1e-3);
    });
  }

test('all shapes follow: heads in the middle of an axis, tables, attributes', t => {
  const graph = tinyDecoder();
  const { small } = logits(
    graph,
    new Map([
      ['model.layers.0.self_attn#kv-head', [0]],
      ['model.layers.1.self_attn#query-head', [1]],
      ['model.layers#head-dim', [0]],
      ['model.layers.1.mlp#channel', [0, 3, 4]],
    ]),
  );
  const shape = (name: string) => small.values.get(`model.layers.${name}`)!.shape;
  // query heads that are left, times half a head
  t.deepEqual(shape('0.self_attn.q_proj.weight'), [2 * 2, 8]);
  t.deepEqual(shape('1.self_attn.q_proj.weight'), [2 * 2, 8]);
  t.deepEqual(shape('1.self_attn.k_proj.weight'), [2 * 2, 8]);
  t.deepEqual(shape('1.self_attn.v_proj.weight'), [2 * 4, 8]);
  t.deepEqual(shape('1.self_attn.o_proj.weight'), [8, 2 * 4]);
  t.deepEqual(shape('1.mlp.down_proj.weight'), [8, 3]);
  t.deepEqual(small.constants.get('rope/cos')!.shape, [3, 1]);
});

test('the divisor and the scale of before the cut stay', t => {
  const graph = tinyDecoder();
  const { small } = logits(
    graph,
    new Map([
      ['model#hidden', [1, 2]],
      ['model.layers#head-dim', [0]],
    ]),
  );
  const attributes = (op: string) => small.nodes.find(node => node.op === op)!.attributes;
  t.is(attributes('RmsNorm').count, 8);
  t.is(attributes('CausalAttention').scale, 4 ** -0.5);
});

test('a tied weight is cut once', t => {
  const graph = tinyDecoder({ tied: true });
  const { groups } = couple(graph);
  const cuts = cutsOf(new Map([['model#hidden', [0, 7]]]), groups);
  t.deepEqual(cuts.get('model.embed_tokens.weight'), [undefined, [1, 2, 3, 4, 5, 6]] as never);
  t.is([...cuts.keys()].filter(name => !/layers|model\.norm/.test(name)).length, 1);
});

test('what is cut loses its place in the file, the rest keeps it', t => {
  const names = [...tinyDecoder().parameters.keys()];
  const refs = new Map(
    names.map((name, i): [string, TensorRef] => [
      name,
      { file: '/weights', offset: i, byteLength: 0, dtype: 'F32', shape: [] },
    ]),
  );
  const graph = tinyDecoder({}, refs);
  const { parameters } = compact(graph, couple(graph), new Map([['model.layers.0.mlp#channel', [2]]]));
  t.deepEqual(
    names.filter(name => parameters.get(name)!.ref === undefined),
    ['gate_proj', 'up_proj', 'down_proj'].map(name => `model.layers.0.mlp.${name}.weight`),
  );
  t.is(parameters.get('lm_head.weight')!.ref, refs.get('lm_head.weight'));
});

test('nothing removed is nothing cut', t => {
  const graph = tinyDecoder();
  const coupling = couple(graph);
  const empty = new Map([['model.layers.0.mlp#channel', []]]);
  t.is(cutsOf(empty, coupling.groups).size, 0);
  t.deepEqual([...compact(graph, coupling, empty).values], [...graph.values]);
});

test('a unit that does not exist is refused', t => {
  const { groups } = couple(tinyDecoder());
  for (const unit of [-1, 6, 1.5])
    t.throws(() => keptBy(new Map([['model.layers.0.mlp#channel', [unit]]]), groups), {
      message: `model.layers.0.mlp#channel has no unit ${unit}; it has 6`,
    });
});

test('tensors are cut along every axis that has a list, in their own type', t => {
  const data = Float32Array.from({ length: 24 }, (_, i) => i);
  const cuts = [[1], undefined, [0, 3]];
  t.deepEqual(cutTensor(data, [2, 3, 4], cuts), Float32Array.of(12, 15, 16, 19, 20, 23));
  t.deepEqual(cutShape([2, 3, 4], cuts), [1, 3, 2]);
  t.deepEqual(cutTensor(Float64Array.of(1, 2, 3), [3], [[2]]), Float64Array.of(3));
  t.deepEqual(cutTensor(data, [24], [[]]), new Float32Array(0));
  t.is(cutTensor(data, [24], undefined), data);
});
