import type { Feeds } from '@secateur/core';
import { plannedBytes, sizeOf, withLoss } from '@secateur/core/graph';
import { asFeeds, tinyDecoder, tinyFeeds, withLora } from '@secateur/core/testing';
import test from 'ava';
import { loadBackend } from './backends/load-backend.js';
import { derive } from './derive.js';
import { kernelsOf } from './kernels/index.js';
import { TfjsEngine } from './tfjs-engine.js';

const { tf } = await loadBackend('cpu');
const engine = new TfjsEngine({ backend: 'cpu' });

const graph = withLoss(withLora(tinyDecoder({ sequence: 24 })));
const wrt = [...graph.parameters.values()].flatMap(({ name, role }) => (role === 'adapter' ? [name] : []));
const feeds: Feeds = asFeeds(graph, tinyFeeds(graph));

test.serial('a hundred steps leave no tensor behind, and neither does the graph', async t => {
  const before = tf.memory().numTensors;
  const executable = await engine.compile(graph, { wrt });
  await executable.run(feeds);
  const { numTensors, numBytes } = tf.memory();
  for (let step = 0; step < 100; step++) await executable.run(feeds);
  t.like(tf.memory(), { numTensors, numBytes });
  await t.throwsAsync(executable.run({}), { code: 'E_ENGINE' });
  t.is(tf.memory().numTensors, numTensors, 'nor does a run that fails');
  await executable.release();
  t.is(tf.memory().numTensors, before);
});

test.serial('a step takes no more memory than was planned, but for a fifth', async t => {
  const executable = await engine.compile(graph, { wrt });
  const { numBytes } = tf.memory();
  const fed = Object.values(feeds).reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  const { peakBytes } = await tf.profile(async () => {
    await executable.run(feeds);
    return [];
  });
  const { activations } = plannedBytes(derive(graph, { wrt }, kernelsOf('cpu')));
  const taken = peakBytes - numBytes - fed;
  t.true(taken <= 1.2 * activations, `${taken} bytes, ${activations} planned`);
  t.true(taken > activations / 2, 'or nothing was measured');
  await executable.release();
});
