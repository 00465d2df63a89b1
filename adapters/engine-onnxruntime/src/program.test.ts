import type { CompileOptions } from '@secateur/core';
import { exp, GraphBuilder, linearCrossEntropy, neg } from '@secateur/core/graph';
import test from 'ava';
import onnxProto from 'onnx-proto';
import { makeProgram } from './program.js';
import { smallDecoder, trained } from './small-decoder.test.data.js';

const operatorsOf = (model: Uint8Array): string[] =>
  onnxProto.onnx.ModelProto.decode(model).graph!.node!.map(({ opType }) => opType!);

const decoderOperators = async (options: CompileOptions): Promise<Set<string>> =>
  new Set(operatorsOf((await makeProgram(smallDecoder(), options)).model));

const kernels = ['SimplifiedLayerNormalization', 'RotaryEmbedding', 'QuickGelu', 'GatherElements'];

test('the fused form uses the kernels that make it fast', async t => {
  const used = await decoderOperators({ wrt: trained.filter(name => name !== 'head.weight') });
  t.deepEqual(
    kernels.filter(kernel => !used.has(kernel)),
    [],
  );
  t.false(used.has('OneHot'));
});

test('the form for WebGPU has the kernels that are right there, and none that would run on the CPU', async t => {
  const { model } = await makeProgram(smallDecoder(), { wrt: trained }, { device: 'webgpu' });
  const nodes = onnxProto.onnx.ModelProto.decode(model).graph!.node!;
  const norms = nodes.filter(({ opType }) => opType === 'SimplifiedLayerNormalization');
  t.deepEqual(
    norms.map(({ output }) => output!.length),
    [1],
  );
  t.false(nodes.some(({ opType }) => opType === 'FusedMatMul'));
});

test('the naive form uses none of them', async t => {
  const used = await decoderOperators({ wrt: trained, form: 'naive' });
  t.deepEqual(
    kernels.filter(kernel => used.has(kernel)),
    [],
  );
});

test('logits are multiplied by the head again only where a gradient wants it', async t => {
  const g = new GraphBuilder();
  const x = g.input('x', [1200, 2]);
  const targets = g.input('targets', [1200], 'int64');
  const { loss } = linearCrossEntropy(
    g,
    x,
    g.parameter('w', [32000, 2]),
    targets,
    g.input('weights', [1200]),
  );
  g.output('loss', loss);
  const gemms = async (wrt: string[]): Promise<number> => {
    const { model } = await makeProgram(g.build(), { wrt });
    return operatorsOf(model).filter(op => op === 'Gemm').length;
  };
  t.is(await gemms([]), 3); // chunks of 400 rows
  t.is(await gemms(['weights']), 3);
  t.is(await gemms(['x']), 6);
});

test('nodes are listed from the last to the first, which makes onnxruntime run them in the order of the graph', async t => {
  const g = new GraphBuilder();
  const x = g.input('x', [2]);
  g.output('y', exp(g, neg(g, x)));
  const { model } = await makeProgram(g.build(), {});
  t.deepEqual(operatorsOf(model), ['Exp', 'Neg']);
});

test('inputs that nothing reads are not sent', async t => {
  const g = new GraphBuilder();
  g.input('unused', [3]);
  g.output('y', g.input('x', [2]));
  const { feeds } = await makeProgram(g.build(), {});
  t.deepEqual(
    feeds.map(({ value, isUsed }) => [value.name, isUsed]),
    [
      ['unused', false],
      ['x', true],
    ],
  );
});
