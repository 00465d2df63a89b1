import type { Feeds, RunResult, Tensor } from '@secateur/core';
import { type Dense, type Graph, withDistillation } from '@secateur/core/graph';
import { relativeError, temporaryFolder, tinyFeeds, withLora } from '@secateur/core/testing';
import test from 'ava';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';
import { profiledRun } from './profiled-run.test.data.js';
import { makeProgram } from './program.js';
import { TOLERANCE } from './self-check/comparison.js';
import { engineFeeds } from './small-decoder.test.data.js';
import { adaptersOf, storedLogits } from './stored-decoder.test.data.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const cut = Array(2).fill({ kvHeads: 1, queries: 2, channels: 3 });

/**
 * A cut student in float32 beside the dense model in half precision, each mapped from a file of its own. By default its
 * attention has more than one block.
 */
const taught = async (folder: string, sequence = 130): Promise<Graph> =>
  withDistillation(
    withLora(await storedLogits(folder, 'F32', { sequence, layers: cut })),
    await storedLogits(folder, 'BF16', { sequence }),
  );

const feedsOf = (graph: Graph): Feeds =>
  engineFeeds(graph, tinyFeeds(graph), [...graph.inputs, ...adaptersOf(graph)]);

const run = async (graph: Graph, options: Parameters<typeof engine.compile>[1]): Promise<RunResult> => {
  const executable = await engine.compile(graph, { wrt: adaptersOf(graph), ...options });
  const result = await executable.run(feedsOf(graph));
  await executable.release();
  return result;
};

const asDense = ({ shape, data }: Tensor): Dense => ({ shape, data: Float64Array.from(data, Number) });

// Attention over such small weights costs digits, with a teacher and without.
test('the fused step in float32 agrees with the naive one in float64', async t => {
  const graph = await taught(await temporaryFolder(t), 8);
  const expected = await run(graph, { precision: 'float64', form: 'naive' });
  const found = await run(graph, {});
  for (const part of ['outputs', 'gradients'] as const)
    for (const [name, tensor] of Object.entries(expected[part])) {
      const error = relativeError(asDense(found[part][name]!), asDense(tensor));
      t.true(error <= 2 * TOLERANCE, `${name} ${error}`);
    }
});

test('what is made again has the bits of what is kept', async t => {
  const graph = await taught(await temporaryFolder(t));
  t.deepEqual(await run(graph, { recompute: true }), await run(graph, { recompute: false }));
});

test('the teacher is computed once, before anything is made again', async t => {
  const folder = await temporaryFolder(t);
  const graph = await taught(folder);
  const program = await makeProgram(graph, { wrt: adaptersOf(graph), recompute: true });
  const ran = await profiledRun(program, feedsOf(graph), folder);
  const attentions = ran.flatMap(
    ({ output }) =>
      /(?:teacher:)?model\.layers\.\d\.self_attn\/CausalAttention(?!:)/.exec(output!)?.[0] ?? [],
  );
  const teachers = attentions.filter(name => name.startsWith('teacher:'));
  t.deepEqual(teachers, [
    'teacher:model.layers.0.self_attn/CausalAttention',
    'teacher:model.layers.1.self_attn/CausalAttention',
  ]);
  const again = attentions.findIndex((name, i) => attentions.indexOf(name) < i);
  t.true(again > attentions.lastIndexOf(teachers[1]!));
  t.is(attentions.length, 2 + 2 * 2);
});
