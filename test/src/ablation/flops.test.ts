import { ablationFlops } from '@secateur/core';
import { flopsOneByOne } from '@secateur/core/testing';
import test from 'ava';
import { candidatesOf, defaultRatios, measuredGroups } from './candidates.js';
import { sequencesOf, shapeOnly, shapes } from './shapes.js';

const ratioOf = (shape: keyof typeof shapes, ratios = defaultRatios, counted = 1): number => {
  const model = shapeOnly(shapes[shape], 8); // with LoRA, as a run has it
  const candidates = candidatesOf(measuredGroups(model.groups), ratios);
  const task = { model, candidates, sequences: sequencesOf(128, counted) };
  return flopsOneByOne({ ...task, batch: 8 }) / ablationFlops(task);
};

// What is left is the head, which every candidate pays, and on average half of the layers.
const expected = {
  stories15M: 1.28,
  'SmolLM2-135M': 2,
  'TinyLlama-1.1B': 1.88,
  'LLaMA-7B': 1.97,
} as const;

for (const [shape, least] of Object.entries(expected))
  test(`${shape}: the analysis takes at least ${least} times fewer operations than a forward pass per candidate`, t => {
    const found = ratioOf(shape as keyof typeof expected);
    t.true(found >= least && found < least + 0.1, `${found}`);
  });

test('of three KV heads two ratios of three close the same: that is what takes SmolLM2 past 2', t => {
  const single = ratioOf('SmolLM2-135M', [0.5]);
  t.true(single > 1.65 && single < 1.75, `${single}`);
});

test('where half of all positions are prompts, their head is spared, and large models are past 2 too', t => {
  for (const shape of ['TinyLlama-1.1B', 'LLaMA-7B'] as const) {
    const found = ratioOf(shape, defaultRatios, 0.5);
    t.true(found >= 2, `${shape} ${found}`);
  }
});

test('no candidate can cost less than its head', t => {
  const model = shapeOnly(shapes['SmolLM2-135M'], 0);
  const candidates = candidatesOf(measuredGroups(model.groups), [0.5]);
  const head = 2 * 128 * 127 * 576 * 49_152;
  t.true(ablationFlops({ model, candidates, sequences: sequencesOf(128) }) > head * (candidates.length + 1));
});
