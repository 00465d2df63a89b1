import type { Feeds, Recompute, RunResult } from '@secateur/core';
import { differentiate, type Graph, plannedBytes } from '@secateur/core/graph';
import { temporaryFolder, tinyFamilies, tinyFeeds } from '@secateur/core/testing';
import test from 'ava';
import onnxProto from 'onnx-proto';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';
import { profiledRun } from './profiled-run.test.data.js';
import { makeProgram } from './program.js';
import { engineFeeds } from './small-decoder.test.data.js';
import { adaptersOf, storedDecoder } from './stored-decoder.test.data.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const feedsOf = (graph: Graph): Feeds =>
  engineFeeds(graph, tinyFeeds(graph), [...graph.inputs, ...adaptersOf(graph)]);

for (const [family, options] of Object.entries(tinyFamilies))
  test(`${family}: what is made again has the bits of what is kept, with half weights too`, async t => {
    const folder = await temporaryFolder(t);
    for (const dtype of ['F32', 'BF16'] as const) {
      const graph = await storedDecoder(folder, dtype, { ...options, sequence: 130 }); // more than one block of attention
      const results: RunResult[] = [];
      for (const recompute of [false, true]) {
        const executable = await engine.compile(graph, { wrt: adaptersOf(graph), recompute });
        results.push(await executable.run(feedsOf(graph)));
        await executable.release();
      }
      t.deepEqual(results[1], results[0]);
    }
  });

test('an attention is made again when the gradient has come to it, and is not merged with the first', async t => {
  const folder = await temporaryFolder(t);
  const graph = await storedDecoder(folder, 'F32');
  const program = await makeProgram(graph, { wrt: adaptersOf(graph), recompute: true });
  const parameterOf = new Map([...program.gradients].map(([name, tensor]) => [tensor, name]));
  const eventOf = (output: string): string | undefined => {
    const gradient = /layers\.\d\.(self_attn|mlp)/.exec(parameterOf.get(output) ?? '');
    if (gradient) return `gradients of ${gradient[0]}`;
    return /layers\.\d\.self_attn\/CausalAttention(?!:)/.exec(output)?.[0];
  };
  const ran = await profiledRun(program, feedsOf(graph), folder);
  const events = ran.flatMap(({ output }) => eventOf(output!) ?? []);
  t.deepEqual(
    events.filter((event, i) => event !== events[i - 1]),
    [
      'layers.0.self_attn/CausalAttention',
      'layers.1.self_attn/CausalAttention',
      'gradients of layers.1.mlp',
      'layers.1.self_attn/CausalAttention',
      'gradients of layers.1.self_attn',
      'gradients of layers.0.mlp',
      'layers.0.self_attn/CausalAttention',
      'gradients of layers.0.self_attn',
    ],
  );
});

test('auto makes again where the activations take more than half of what the weights leave of the memory', async t => {
  const graph = await storedDecoder(await temporaryFolder(t), 'F32');
  const wrt = adaptersOf(graph);
  const { activations, weights } = plannedBytes(differentiate(graph, { wrt }));
  const attentions = async (recompute: Recompute, memory: number): Promise<number> => {
    const { model } = await makeProgram(graph, { wrt, recompute }, { memory });
    const { node } = onnxProto.onnx.ModelProto.decode(model).graph!;
    return node!.filter(({ opType }) => opType === 'Softmax').length - 1;
  };
  const enough = weights + 2 * activations;
  t.is(await attentions('auto', enough), 2);
  t.is(await attentions('auto', enough - 2), 4);
  t.is(await attentions(false, 0), 2);
  t.is(await attentions(true, enough), 4);
});
