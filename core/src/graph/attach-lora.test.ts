import test from 'ava';
import { attachLora, linearModules, loraNames } from './attach-lora.js';
import { evaluate } from './evaluate.js';
import { largestDifference, outputAt } from './fixtures/cut-feeds.js';
import { tinyDecoder, tinyFeeds } from './fixtures/tiny-decoder.js';
import type { Dense } from './operator.js';

const graph = tinyDecoder({ bias: true });
const [biased, plain] = ['model.layers.0.self_attn.q_proj', 'model.layers.1.mlp.down_proj'] as const;
const adapted = attachLora(
  graph,
  new Map([
    [biased, { rank: 2, scaling: 0.5 }],
    [plain, { rank: 3, scaling: 4 }],
  ]),
);

test('linear layers are found by module, with the shape of their weight', t => {
  const modules = linearModules(graph);
  t.is(modules.size, 2 * 7 + 1);
  t.deepEqual(modules.get(biased), [16, 8]);
  t.deepEqual(modules.get(plain), [8, 6]);
  t.deepEqual(modules.get('lm_head'), [11, 8]);
});

test('the factors are adapter parameters of the rank that was asked for', t => {
  const added = [...adapted.parameters.values()].filter(({ name }) => !graph.parameters.has(name));
  t.deepEqual(
    added.map(({ name, shape, role }) => [name, shape, role]),
    [
      [loraNames(biased).a, [2, 8], 'adapter'],
      [loraNames(biased).b, [16, 2], 'adapter'],
      [loraNames(plain).a, [3, 6], 'adapter'],
      [loraNames(plain).b, [8, 3], 'adapter'],
    ],
  );
});

test('modules that are not named stay as they are', t => {
  const ops = (op: string) => adapted.nodes.filter(node => node.op === op).map(node => node.path);
  t.deepEqual(ops('LoraLinear'), [biased, plain]);
  t.is(ops('Linear').length, 2 * 7 + 1 - 2);
});

test('with B = 0 the logits are those of the base model', t => {
  const feeds = tinyFeeds(adapted);
  for (const module of [biased, plain]) feeds[loraNames(module).b]!.data.fill(0);
  t.is(largestDifference(outputAt(adapted, 'logits', feeds), outputAt(graph, 'logits', feeds)), 0);
});

test('the logits are those of W + scaling · B A', t => {
  const feeds = tinyFeeds(adapted);
  const merged: Record<string, Dense> = { ...feeds };
  for (const [module, scaling] of [
    [biased, 0.5],
    [plain, 4],
  ] as const) {
    const { a, b } = loraNames(module);
    const { shape, data } = feeds[`${module}.weight`]!;
    const [rank, width] = feeds[a]!.shape as [number, number];
    merged[`${module}.weight`] = {
      shape,
      data: data.map((w, at) => {
        const [i, j] = [Math.floor(at / width), at % width];
        let product = 0;
        for (let r = 0; r < rank; r++)
          product += feeds[b]!.data[i * rank + r]! * feeds[a]!.data[r * width + j]!;
        return w + scaling * product;
      }),
    };
  }
  const difference = largestDifference(outputAt(adapted, 'logits', feeds), outputAt(graph, 'logits', merged));
  t.true(difference < 1e-12, `${difference}`);
  t.true(largestDifference(outputAt(adapted, 'logits', feeds), outputAt(graph, 'logits', feeds)) > 1e-2);
});

test('values that are not replaced keep their names', t => {
  const feeds = tinyFeeds(adapted);
  const names = [...evaluate(graph, feeds).keys()];
  const lost = [...graph.values.keys()].filter(name => !adapted.values.has(name));
  t.true(names.length > 0);
  t.deepEqual(
    lost,
    [biased, plain].map(module => `${module}/Linear`),
  );
});

test('a module that the graph lacks is refused', t => {
  t.throws(() => attachLora(graph, new Map([['model.layers.9.mlp.up_proj', { rank: 1, scaling: 1 }]])), {
    message: 'the graph has no linear layer "model.layers.9.mlp.up_proj"',
  });
});
