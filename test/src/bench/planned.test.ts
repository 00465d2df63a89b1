import { attachLora, differentiate, flopsByPath, linearModules, withLoss } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import test from 'ava';
import { absentTensors } from '../llama-shape.js';
import { planned } from './planned.js';
import { configOf, type Size, sizes, stepFlops, tokensOf } from './sizes.js';

const rank = 8;

/** The loss graph of a size, without a checkpoint. */
const lossGraph = (size: Size) => {
  const config = configOf(size);
  const logits = llamaTracer.trace(config, absentTensors(config), size);
  const modules = [...linearModules(logits)].filter(([module]) => module !== 'lm_head');
  const specs = new Map(modules.map(([module]) => [module, { rank, scaling: 2 }] as const));
  const graph = withLoss(attachLora(logits, specs));
  const wrt = [...graph.parameters.values()].filter(({ role }) => role === 'adapter').map(({ name }) => name);
  return { graph, wrt };
};

const plannedOf = (size: Size) => {
  const { graph, wrt } = lossGraph(size);
  return planned(graph, wrt);
};

/** Most that a step may plan: nodes, activations in MiB, and FLOPs against the usual formula. */
const most: Readonly<Record<string, readonly [nodes: number, mebibytes: number, flops: number]>> = {
  S: [712, 152, 1.025],
  M: [1426, 883, 1.015],
  L: [2616, 827, 1.01],
};

for (const [name, [nodes, mebibytes, flops]] of Object.entries(most))
  test(`${name} plans no more nodes, activations and FLOPs than it did`, t => {
    const size = sizes[name]!;
    const plan = plannedOf(size);
    const ratio = plan.flops / stepFlops(size);
    t.true(plan.nodes <= nodes, `${plan.nodes} nodes`);
    t.true(plan.activations <= mebibytes * 2 ** 20, `${plan.activations / 2 ** 20} MiB of activations`);
    t.true(ratio > 1 && ratio <= flops, `${ratio} of the formula`);
  });

test('a projection costs 4 T out in, and its LoRA 6 T r (out + in)', t => {
  const size = sizes.M!;
  const { graph, wrt } = lossGraph(size);
  const flops = flopsByPath(differentiate(graph, { wrt }));
  const projections = {
    'self_attn.v_proj': [768, 768],
    'mlp.up_proj': [2048, 768],
    'mlp.down_proj': [768, 2048],
  };
  for (const [path, [out, into]] of Object.entries(projections) as [string, [number, number]][])
    t.is(
      flops.get(`model.layers.5.${path}`),
      tokensOf(size) * (4 * out * into + 6 * rank * (out + into)),
      path,
    );
  // The embedding is frozen, so what the first layer reads needs no gradient.
  const [first, second] = [0, 1].map(layer => flops.get(`model.layers.${layer}.self_attn.v_proj`)!);
  t.is(second! - first!, tokensOf(size) * (2 * 768 * 768 + 2 * rank * 768));
});

test('nodes, FLOPs and activations grow by the same amount with every layer', t => {
  const [a, b, c] = [4, 6, 8].map(layers => plannedOf({ ...sizes.M!, layers }));
  for (const key of ['nodes', 'flops', 'activations'] as const) {
    t.true(b![key] > a![key], key);
    t.is(c![key] - b![key], b![key] - a![key], key);
  }
});

test('FLOPs of the batch are those of a sequence, times the sequences', t => {
  const [one, four] = [1, 4].map(batch => plannedOf({ ...sizes.S!, batch }).flops);
  t.true(Math.abs(four! / one! - 4) < 1e-3);
});
