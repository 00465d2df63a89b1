import type { CompileOptions, Feeds, Tensor } from '@secateur/core';
import { type Graph, relativeError, withDocuments } from '@secateur/core/graph';
import { temporaryFolder, testOperators, tinyFeeds } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { examineApart } from './devices/examine-apart.js';
import { testGradients } from './gradients.test.data.js';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';
import { asDense, TOLERANCE } from './self-check/comparison.js';
import { denseFeeds, engineFeeds, smallDecoder, trained } from './small-decoder.test.data.js';
import { adaptersOf, storedDecoder } from './stored-decoder.test.data.js';

// One file for all that runs on WebGPU: other files are other threads of this process, and WebGPU bears one at a time.
const { state, reason = '' } = await examineApart('webgpu');
const engine = new OnnxRuntimeEngine({ threads: 2, device: 'webgpu', isTrusted: true });
test.after.always(() => engine.close());

/** Every output and gradient, against naive float64 on the CPU. */
const assertStep = async (
  t: ExecutionContext,
  graph: Graph,
  wrt: readonly string[],
  feeds: Feeds,
): Promise<void> => {
  const step = async (options: CompileOptions): Promise<Readonly<Record<string, Tensor>>> => {
    const executable = await engine.compile(graph, { wrt, ...options });
    const { outputs, gradients } = await executable.run(feeds);
    await executable.release();
    return { ...outputs, ...gradients };
  };
  const expected = await step({ precision: 'float64', form: 'naive' });
  for (const [name, found] of Object.entries(await step({})))
    t.true(relativeError(asDense(found), asDense(expected[name]!)) <= TOLERANCE, name);
};

if (state === 'absent') test.skip(`all that runs on WebGPU (${reason})`, () => {});
else {
  testOperators(test, engine, { tolerance: { float32: TOLERANCE }, where: ', on WebGPU' });
  testGradients(test, engine, ', on WebGPU');

  for (const dtype of ['F32', 'BF16', 'F16', 'F64'] as const)
    test(`a step on stored weights of ${dtype} is within ${TOLERANCE} of float64, on WebGPU`, async t => {
      const graph = await storedDecoder(await temporaryFolder(t), dtype);
      const feeds = engineFeeds(graph, tinyFeeds(graph), [...graph.inputs, ...adaptersOf(graph)]);
      await assertStep(t, graph, adaptersOf(graph), feeds);
    });

  test(`a step on documents that share a sequence is within ${TOLERANCE} of float64, on WebGPU`, async t => {
    const graph = withDocuments(smallDecoder());
    const documents = {
      shape: graph.values.get('documents')!.shape,
      data: Float32Array.of(0, 0, 1, 2, 2, 2, 0, 0, 0, 0, 0, -1),
    };
    await assertStep(t, graph, trained, { ...engineFeeds(graph, denseFeeds(graph)), documents });
  });

  test('the check of the device is passed', async t => {
    t.is(state, 'ready', reason);
  });

  test('engines take turns, since WebGPU in two threads at once ends the process', async t => {
    const other = new OnnxRuntimeEngine({ threads: 1, device: 'webgpu', isTrusted: true });
    const graph = smallDecoder();
    const feeds = engineFeeds(graph, denseFeeds(graph));
    const [one, two] = await Promise.all(
      [engine, other].map(async each => {
        const executable = await each.compile(graph);
        const { outputs } = await executable.run(feeds);
        await executable.release();
        return outputs;
      }),
    );
    t.deepEqual(one, two);
    await other.close();
  });
}
