import type { LayerSizes } from '@secateur/core';
import test from 'ava';
import { planLayers } from './layer-plan.js';

const whole: LayerSizes = { heads: 4, kvHeads: 2, channels: 96 };
const noAttention: LayerSizes = { heads: 0, kvHeads: 0, channels: 96 };
const noMlp: LayerSizes = { heads: 4, kvHeads: 2, channels: 0 };
const nothing: LayerSizes = { heads: 0, kvHeads: 0, channels: 0 };

test('equal layers are uniform', t => {
  const plan = planLayers([whole, whole]);
  t.true(plan.uniform);
  t.deepEqual(plan.notes, []);
});

test('a layer without MLP gets neurons of zeros, wherever it lies', t => {
  for (const at of [0, 1, 2]) {
    const { layers, uniform, notes } = planLayers([whole, whole, whole].with(at, noMlp));
    t.false(uniform);
    t.like(layers[at], { heads: 4, kvHeads: 2, channels: 32, zeroMlp: true, zeroAttention: false });
    t.deepEqual(notes, [`The MLP that layer ${at} lacks is written as 32 neurons of zeros, for llama.cpp.`]);
  }
});

test('only the first layer needs an attention', t => {
  const first = planLayers([noAttention, whole]);
  t.like(first.layers[0], { heads: 1, kvHeads: 1, zeroAttention: true });
  t.false(planLayers([noAttention]).uniform, 'not even where it is the only one');
  t.regex(first.notes[0]!, /layer 0 lacks is written as one head of zeros/);
  const last = planLayers([whole, noAttention]);
  t.like(last.layers[1], { heads: 0, kvHeads: 0, zeroAttention: false });
  t.deepEqual(last.notes, []);
});

test('layers that lack both are left out, and what is first then counts as first', t => {
  const { layers, uniform, notes } = planLayers([nothing, noAttention, nothing, whole]);
  t.deepEqual(
    layers.map(({ source, zeroAttention }) => ({ source, zeroAttention })),
    [
      { source: 1, zeroAttention: true },
      { source: 3, zeroAttention: false },
    ],
  );
  t.false(uniform);
  t.regex(notes[0]!, /neither attention nor MLP: layers 0, 2;/);
  t.true(planLayers([whole, nothing, whole]).uniform);
});

const refused = (t: { throws: (work: () => unknown, expected: object) => unknown }, sizes: LayerSizes[]) =>
  t.throws(() => planLayers(sizes), { code: 'E_EXPORT' });

test('what llama.cpp cannot read is refused', t => {
  refused(t, [nothing, nothing]);
  refused(t, Array(513).fill(whole));
  refused(t, [whole, { ...whole, heads: 3 }]);
  refused(t, [whole, { ...whole, kvHeads: 0 }]);
  t.is(planLayers(Array(512).fill(whole)).layers.length, 512);
});
