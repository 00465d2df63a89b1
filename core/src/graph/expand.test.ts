import test from 'ava';
import { GraphBuilder } from './builder.js';
import { expandGraph } from './expand.js';
import { outputOf } from './graph.js';
import { add } from './ops/add.js';
import { gemm } from './ops/gemm.js';
import { operatorOf } from './ops/index.js';
import { linear } from './ops/linear.js';
import { loraLinear } from './ops/lora-linear.js';
import { neg } from './ops/neg.js';
import { tinyDecoder } from './tiny-decoder.test.data.js';

test('only primitives remain, also where a composite expands into a composite', t => {
  const { graph } = expandGraph(tinyDecoder());
  t.true(tinyDecoder().nodes.some(({ op }) => op === 'LoraLinear'));
  t.deepEqual(
    graph.nodes.filter(({ op }) => operatorOf(op).kind !== 'primitive'),
    [],
  );
});

test('inputs, parameters, constants and the outputs of primitives keep their names', t => {
  const graph = tinyDecoder();
  const { graph: expanded } = expandGraph(graph);
  t.deepEqual(expanded.inputs, graph.inputs);
  t.deepEqual(expanded.parameters, graph.parameters);
  for (const [name, constant] of graph.constants) t.is(expanded.constants.get(name)!.data, constant.data);
  const primitives = graph.nodes.filter(({ op }) => operatorOf(op).kind === 'primitive');
  t.true(primitives.length > 0);
  for (const { op, outputs } of primitives)
    t.is(expanded.nodes.find(node => node.outputs[0] === outputs[0])?.op, op, outputs[0]);
});

test('nodes keep the module path of their composite', t => {
  const graph = tinyDecoder();
  const pathsOf = (nodes: typeof graph.nodes): string[] => [...new Set(nodes.map(({ path }) => path))];
  t.deepEqual(pathsOf(expandGraph(graph).graph.nodes), pathsOf(graph.nodes));
});

test('alias leads from every composite output to a value of the same shape, and outputs follow', t => {
  const graph = tinyDecoder();
  const { graph: expanded, alias } = expandGraph(graph);
  const composites = graph.nodes.filter(({ op }) => operatorOf(op).kind === 'composite');
  t.deepEqual([...alias.keys()].sort(), composites.flatMap(({ outputs }) => outputs).sort());
  for (const [name, stand] of alias)
    t.deepEqual(expanded.values.get(stand)?.shape, graph.values.get(name)!.shape, name);
  t.is(expanded.outputs.get('loss'), alias.get(graph.outputs.get('loss')!));
});

test('an expansion does not take the name of a value that comes later', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [2, 2]);
  const later = gemm(g, linear(g, x, x), x);
  t.is(later.name, 'Gemm');
  g.output('y', later);
  const { graph, alias } = expandGraph(g.build());
  t.is(outputOf(graph, 'y').name, 'Gemm');
  t.deepEqual(graph.nodes.at(-1)!.inputs, [alias.get('Linear')!, 'x']);
});

test('an absent bias stays absent and a present one is added', t => {
  const g = new GraphBuilder();
  const [x, w, a, b] = [
    g.input('x', [3, 2]),
    g.input('w', [2, 2]),
    g.input('a', [1, 2]),
    g.input('b', [2, 1]),
  ];
  loraLinear(g, x, w, a, b, undefined, { scaling: 1 });
  loraLinear(g, x, w, a, b, g.input('bias', [2]), { scaling: 1 });
  const { graph } = expandGraph(g.build());
  t.deepEqual(
    graph.nodes.filter(({ inputs }) => inputs.includes('w')).map(({ inputs }) => inputs),
    [
      ['x', 'w'],
      ['x', 'w', 'bias'],
    ],
  );
});

test('a graph of primitives is left as it is', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [2]);
  g.output('y', add(g, neg(g, x), x));
  const graph = g.build();
  const expansion = expandGraph(graph);
  t.deepEqual(expansion.graph, graph);
  t.is(expansion.alias.size, 0);
});
