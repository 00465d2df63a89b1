import path from 'node:path';
import { convertLlama2c } from '@secateur/adapter-checkpoint-llama2c';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { ablationLosses, type LiveModel, type Sequence } from '@secateur/core';
import { lossesOneByOne, testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { openTiny, tinyConfigs, writeTiny } from '../families/tiny-checkpoint.js';
import { openWithLora } from '../open-with-lora.js';
import { scratchFolder } from '../scratch.js';
import { repository, sharedData } from '../shared-data.js';
import { candidatesOf, measuredGroups } from './candidates.js';
import { novel } from './material.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

/** The same numbers to 1e-6, and candidates that do something. */
const agree = async (
  t: ExecutionContext,
  model: LiveModel,
  sequences: readonly Sequence[],
): Promise<void> => {
  const candidates = candidatesOf(measuredGroups(model.groups).filter(({ units }) => units > 1));
  const task = { engine, model, candidates, sequences };
  const found = await ablationLosses(task);
  const expected = await lossesOneByOne({ ...task, batch: 2 });
  t.true(Math.abs(found.dense - expected.dense) <= 1e-6, `dense ${found.dense} ${expected.dense}`);
  for (const [i, { group, closed }] of candidates.entries()) {
    const [own, whole] = [found.candidates[i]!, expected.candidates[i]!];
    t.true(Math.abs(own - whole) <= 1e-6, `${group.id}, ${closed.length} closed: ${own} ${whole}`);
    t.true(Math.abs(whole - expected.dense) > 1e-5);
  }
};

const sequence = (first: number, counted: number): Sequence => ({
  ids: Int32Array.from({ length: 7 }, (_, i) => (first + 5 * i) % 23),
  targets: Int32Array.from({ length: 7 }, (_, i) => (first + 5 * i + 5) % 23),
  weights: Float32Array.from({ length: 7 }, (_, i) => Number(i >= 7 - counted)),
  length: 7,
});

for (const [family, config] of Object.entries(tinyConfigs))
  for (const adapted of [false, true])
    test(`${family}${adapted ? ', adapted' : ''}: losses as of one forward pass per candidate`, async t => {
      const folder = path.join(scratchFolder(t), 'model');
      await writeTiny(folder, config);
      await agree(t, await openTiny(folder, adapted), [sequence(3, 7), sequence(1, 4), sequence(9, 7)]);
    });

test('the bundled model, on a novel', async t => {
  const folder = path.join(repository, 'examples/bundled-model/model');
  await agree(t, await openWithLora(folder), await novel(folder, 4));
});

const stories = path.join(sharedData() ?? '', 'models/stories260K');
const testWithStories = testIf<ExecutionContext>(test, sharedData() !== undefined, 'stories260K is absent');

testWithStories('stories260K, on a novel', async t => {
  const folder = path.join(scratchFolder(t), 'model');
  await convertLlama2c(path.join(stories, 'stories260K.bin'), path.join(stories, 'tok512.bin'), folder);
  await agree(t, await openWithLora(folder), await novel(folder, 4));
});
