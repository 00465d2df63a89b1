import { type CompileOptions, type Engine, SecateurError } from '@secateur/core';
import { differentiate, type Graph, gradientRole, mul, rebuild } from '@secateur/core/graph';
import test from 'ava';
import { blockAttention } from '../block-attention.js';
import { OnnxRuntimeEngine } from '../onnx-runtime-engine.js';
import { TOLERANCE } from './comparison.js';
import { selfCheck } from './self-check.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

type Change = (step: Graph, options: CompileOptions) => Graph;

/** The engine with another step, forward and backward, in the place of what the device runs. The reference stays. */
const withFault = (change: Change): Engine => ({
  async compile(graph, options = {}) {
    if (options.precision === 'float64') return engine.compile(graph, options);
    const { wrt = [] } = options;
    const step = wrt.length === 0 ? graph : differentiate(blockAttention(graph), { wrt });
    const executable = await engine.compile(change(step, options));
    return {
      async run(feeds) {
        const { outputs } = await executable.run(feeds);
        return {
          outputs: Object.fromEntries([...graph.outputs.keys()].map(role => [role, outputs[role]!])),
          gradients: Object.fromEntries(wrt.map(name => [name, outputs[gradientRole(name)]!])),
        };
      },
      release: () => executable.release(),
    };
  },
  info: () => engine.info(),
  close: async () => {},
});

/** Multiplies one output of an operator by a factor, wherever it is. */
const scale =
  (op: string, output: number, factor: number): Change =>
  step =>
    rebuild(step, (g, node, inputs) => {
      if (node.op !== op) return undefined;
      const outputs = g.apply(op, inputs, node.attributes);
      return outputs.map((value, i) => (i === output ? mul(g, value, g.scalar(factor)) : value));
    });

test('the CPU passes, by far', async t => {
  const { passed, error, fault } = await selfCheck(engine);
  t.true(passed);
  t.true(error > 0 && error < TOLERANCE / 4, String(error));
  t.is(fault, undefined);
});

for (const [op, output, factor, error] of [
  // What the kernel of WebGPU does: the second output, which only gradients read, is not filled.
  ['RmsNorm', 1, 0, '1.0'],
  ['SiluGate', 0, 1.001, '1.0e-3'],
  ['LoraLinear', 0, 0.9, '0.10'],
  ['LinearCrossEntropy', 2, 1.0001, '1.0e-4'],
  ['CausalAttention', 0, Number.NaN, 'NaN'],
  // In the backward pass alone.
  ['ReduceSum', 0, 1.001, '1.0e-3'],
] as const)
  test(`a device that computes output ${output} of ${op} ${factor} times is refused, and the operator named`, async t => {
    const { passed, fault } = await selfCheck(withFault(scale(op, output, factor)));
    t.false(passed);
    t.is(fault, `computes ${op} wrongly (relative error ${error})`);
  });

test('two operators are both named', async t => {
  const first = scale('RotaryEmbedding', 0, 1.01);
  const second = scale('Add', 0, 0.5);
  const { fault } = await selfCheck(withFault((step, options) => second(first(step, options), options)));
  t.regex(fault ?? '', /^computes RotaryEmbedding wrongly \(.*\) and Add wrongly \(relative error 0\.50\)$/);
});

test('a step that is wrong where each operator is right is refused', async t => {
  const double = scale('Linear', 0, 2);
  const inWholeSteps = withFault((step, options) =>
    options.wrt === undefined ? step : double(step, options),
  );
  const { passed, fault } = await selfCheck(inWholeSteps);
  t.false(passed);
  t.regex(fault ?? '', /^computes the gradients of a small decoder wrongly .*, and each operator rightly$/);
});

test('a device that cannot run the step is refused in its words', async t => {
  const { passed, fault } = await selfCheck(
    withFault(() => {
      throw new SecateurError('E_ENGINE', 'onnxruntime: out of memory');
    }),
  );
  t.false(passed);
  t.is(fault, 'cannot run a small decoder (onnxruntime: out of memory)');
});
