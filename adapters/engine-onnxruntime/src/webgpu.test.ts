import test from 'ava';
import { examineApart } from './devices/examine-apart.js';
import { testGradients } from './gradients.test.data.js';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';
import { testOperators } from './operators.test.data.js';
import { denseFeeds, engineFeeds } from './self-check/decoder.js';
import { smallDecoder } from './small-decoder.test.data.js';

// One file for all that runs on WebGPU: other files are other threads of this process, and WebGPU bears one at a time.
const { state, reason = '' } = await examineApart('webgpu');
if (state === 'absent') test.skip(`all that runs on WebGPU (${reason})`, () => {});
else {
  const engine = new OnnxRuntimeEngine({ threads: 2, device: 'webgpu', isTrusted: true });
  test.after.always(() => engine.close());

  testOperators(test, engine, { precisions: ['float32'], where: ', on WebGPU' });
  testGradients(test, engine, ', on WebGPU');

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
