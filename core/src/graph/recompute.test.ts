import test from 'ava';
import { couple } from './couple.js';
import { differentiate, gradientRole } from './differentiate.js';
import { evaluate } from './evaluate.js';
import { tinyDecoder, tinyDefaults, tinyFamilies, tinyFeeds, withLora } from './fixtures/tiny-decoder.js';
import { type Graph, sizeOf } from './graph.js';
import { consumerOf, gateName, insertGates } from './insert-gates.js';
import { plannedBytes } from './planned-bytes.js';
import { waists } from './waists.js';
import { withLoss } from './with-loss.js';

/** A loss graph with LoRA and gates, and what can be trained in it. */
const gated = (options: Parameters<typeof tinyDecoder>[0]): { graph: Graph; wrt: string[] } => {
  const adapted = withLora(tinyDecoder(options));
  const groups = couple(adapted).groups.filter(group => !group.unprunable && consumerOf(group));
  const graph = withLoss(insertGates(adapted, groups, tinyDefaults.batch));
  return { graph, wrt: [...graph.parameters.keys(), ...groups.map(gateName)] };
};

for (const [family, options] of Object.entries(tinyFamilies)) {
  const { graph, wrt } = gated(options);
  const recomputed = differentiate(graph, { wrt, recompute: true });

  test(`${family}: recomputed gradients have the bits of kept ones`, t => {
    const kept = differentiate(graph, { wrt });
    const feeds = tinyFeeds(graph);
    const [expected, found] = [evaluate(kept, feeds), evaluate(recomputed, feeds)];
    t.deepEqual([...recomputed.outputs.keys()], [...kept.outputs.keys()]);
    for (const [role, name] of kept.outputs)
      t.deepEqual(found.get(recomputed.outputs.get(role)!)!.data, expected.get(name)!.data, role);
    for (const name of wrt)
      t.true(expected.get(kept.outputs.get(gradientRole(name))!)!.data.some(x => x !== 0));
  });

  test(`${family}: of the layers, the backward pass reads waists alone`, t => {
    const forward = new Set(graph.nodes.flatMap(node => node.outputs));
    const backward = recomputed.nodes.slice(graph.nodes.length);
    t.deepEqual(recomputed.nodes.slice(0, graph.nodes.length), graph.nodes);
    const kept = new Set(backward.flatMap(node => node.inputs).filter(name => forward.has(name)));
    const narrow = new Set(waists(graph).map(({ value }) => value));
    const behind = new Set(graph.nodes.at(-1)!.outputs); // the loss, which is not made again
    const wide = [...kept].filter(name => !narrow.has(name) && !behind.has(name));
    // What is computed from inputs alone: the grid of a gate.
    t.deepEqual(
      wide.filter(name => !graph.nodes.some(node => node.op === 'Reshape' && node.outputs[0] === name)),
      [],
    );
  });
}

test('each further layer costs what passes between its halves, and no more', t => {
  const layer = { kvHeads: 2, queries: 2, channels: 24 };
  const sequence = 64;
  const bytesAt = (layers: number, recompute: boolean): number => {
    const graph = withLoss(withLora(tinyDecoder({ sequence, layers: Array(layers).fill(layer) })));
    const adapters = [...graph.parameters.values()].filter(({ role }) => role === 'adapter');
    return plannedBytes(differentiate(graph, { wrt: adapters.map(({ name }) => name), recompute }))
      .activations;
  };
  const residual = 4 * sizeOf([tinyDefaults.batch, sequence, tinyDefaults.hidden]);
  t.is(bytesAt(12, true) - bytesAt(11, true), 2 * residual);
  t.true(bytesAt(12, false) - bytesAt(11, false) > 40 * residual);
  t.true(3 * bytesAt(22, true) < bytesAt(22, false));
});

test('a piece is made again when the gradient has come to its end', t => {
  const graph = withLoss(withLora(tinyDecoder()));
  const wrt = [...graph.parameters.keys()];
  const { nodes, values } = differentiate(graph, { wrt, recompute: true });
  const ties = nodes.filter(({ op }) => op === 'After');
  // Each half of a layer begins with a norm of the residual stream, and the head does.
  const norms = nodes.slice(0, graph.nodes.length).filter(({ op }) => op === 'RmsNorm');
  t.deepEqual(
    ties.map(({ inputs }) => inputs[0]),
    norms.map(({ inputs }) => inputs[0]).reverse(),
  );
  for (const { inputs } of ties) t.deepEqual(values.get(inputs[1]!)!.shape, values.get(inputs[0]!)!.shape);
});
