import test from 'ava';
import { tinyDecoder } from '../graph/fixtures/tiny-decoder.js';
import type { Graph } from '../graph/graph.js';
import { withLoss } from '../graph/with-loss.js';
import { throwsCode } from '../testing/throws-code.js';
import { deriveGraph, type Lowering } from './derive-graph.js';

const graph = withLoss(tinyDecoder());
const same: Lowering = { lower: derived => derived, memory: Number.POSITIVE_INFINITY };
const has = ({ nodes }: Graph, operator: string): boolean => nodes.some(({ op }) => op === operator);

test('the form naive is in primitives, whatever the engine fuses', t => {
  t.true(has(deriveGraph(graph, {}, same), 'RmsNorm'));
  const fused = (): Graph => t.fail() as never;
  t.false(has(deriveGraph(graph, { form: 'naive' }, { ...same, fused }), 'RmsNorm'));
});

test('gradients are lowered with the graph', t => {
  const [name] = graph.parameters.keys();
  const { outputs } = deriveGraph(graph, { wrt: [name!] }, same);
  t.true(outputs.size > graph.outputs.size);
});

test('what fails is E_ENGINE, with its reason', async t => {
  const lower = (): never => {
    throw new Error('there is no such form');
  };
  await throwsCode(
    t,
    async () => deriveGraph(graph, {}, { ...same, lower }),
    'E_ENGINE',
    /^The graph cannot be compiled: there is no such form\.$/,
  );
});
