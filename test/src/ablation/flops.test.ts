import { ablationFlops } from '@secateur/core';
import { flopsOneByOne } from '@secateur/core/testing';
import test from 'ava';
import { candidatesOf, defaultRatios, measuredGroups } from './candidates.js';
import { fullSequences, shapeOnly, shapes } from './shapes.js';

const sequences = fullSequences(128);

const ratioOf = (shape: keyof typeof shapes, rank: number, ratios = defaultRatios): number => {
  const model = shapeOnly(shapes[shape], rank);
  const candidates = candidatesOf(measuredGroups(model.groups), ratios);
  const task = { model, candidates, sequences };
  return flopsOneByOne({ ...task, batch: 8 }) / ablationFlops(task);
};

// With LoRA as a run has it. What is left is the head, which every candidate pays, and on average half of the layers.
const expected = {
  stories15M: 1.28,
  'SmolLM2-135M': 2,
  'TinyLlama-1.1B': 1.88,
  'LLaMA-7B': 1.97,
} as const;

for (const [shape, least] of Object.entries(expected))
  test(`${shape}: the analysis takes at least ${least} times fewer operations than a forward pass per candidate`, t => {
    const found = ratioOf(shape as keyof typeof expected, 8);
    t.true(found >= least && found < least + 0.1, `${found}`);
  });

test('of three KV heads two ratios of three close the same: that is what takes SmolLM2 past 2', t => {
  const single = ratioOf('SmolLM2-135M', 8, [0.5]);
  t.true(single > 1.65 && single < 1.75, `${single}`);
});

test('without layers the head is all there is: no candidate can cost less', t => {
  const model = shapeOnly(shapes['SmolLM2-135M'], 0);
  const { hidden_size: width, vocab_size: vocabulary } = shapes['SmolLM2-135M'] as unknown as Record<
    string,
    number
  >;
  const candidates = candidatesOf(measuredGroups(model.groups), [0.5]);
  const head = 2 * 128 * 127 * width! * vocabulary!;
  t.true(ablationFlops({ model, candidates, sequences }) > head * (candidates.length + 1));
});
