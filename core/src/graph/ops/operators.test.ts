import test from 'ava';
import { createRng } from '../../rng.js';
import {
  centralDifferences,
  feedsOf,
  graphOf,
  type OperatorCase,
  operatorCases,
  randomDense,
  relativeError,
  titleOf,
} from '../../testing/operator-cases.js';
import { GraphBuilder } from '../builder.js';
import { differentiate, gradientRole } from '../differentiate.js';
import { evaluate } from '../evaluate.js';
import { expandGraph } from '../expand.js';
import { flopsOf } from '../flops.js';
import { type Graph, outputOf, valueNamed } from '../graph.js';
import type { Dense } from '../operator.js';
import { add } from './add.js';
import { allOperators, operatorOf } from './index.js';
import { mul } from './mul.js';
import { reduceSum } from './reduce-sum.js';

test('every operator has a case', t => {
  const covered = new Set(operatorCases.map(({ op }) => op));
  t.deepEqual(
    allOperators()
      .map(({ name }) => name)
      .filter(name => !covered.has(name)),
    [],
  );
});

/** The case with a loss: a random weighted sum of all outputs that carry a gradient. */
const lossOf = (operatorCase: OperatorCase): Graph => {
  const rng = createRng(1).fork(titleOf(operatorCase));
  const graph = graphOf(operatorCase);
  const g = GraphBuilder.from(graph);
  const terms = [...graph.outputs.keys()]
    .filter((_, i) => !operatorCase.saved?.includes(i))
    .map(role => {
      const y = outputOf(graph, role);
      const weights = g.constant(`weights of ${role}`, y.shape, () => randomDense(rng, y).data);
      const axes = y.shape.map((_, axis) => axis);
      return reduceSum(g, mul(g, y, weights), axes);
    });
  g.output(
    'loss',
    terms.reduce((sum, term) => add(g, sum, term)),
  );
  return g.build();
};

const evaluateRole = (graph: Graph, role: string, feeds: Record<string, Dense>): Dense =>
  evaluate(graph, feeds).get(outputOf(graph, role).name)!;

const wrtOf = ({ inputs, fixed = [] }: OperatorCase): string[] =>
  inputs.flatMap((input, i) => (input && !input.ids && !fixed.includes(i) ? [`x${i}`] : []));

for (const operatorCase of operatorCases) {
  const graph = lossOf(operatorCase);
  const feeds = feedsOf(operatorCase, createRng(2).fork(titleOf(operatorCase)));
  const wrt = wrtOf(operatorCase);
  const expanded = expandGraph(graph).graph;
  const isComposite = operatorOf(operatorCase.op).kind === 'composite';
  const forms = isComposite ? { fused: graph, expanded } : { primitive: graph };

  for (const [form, formGraph] of Object.entries(forms))
    for (const name of wrt)
      test(`${titleOf(operatorCase)}: ${form} gradient by ${name} agrees with central differences`, t => {
        const backward = differentiate(formGraph, { wrt: [name] });
        const loss = (feed: Dense): number =>
          evaluateRole(graph, 'loss', { ...feeds, [name]: feed }).data[0]!;
        const differences = centralDifferences(feeds[name]!, loss);
        const found = evaluateRole(backward, gradientRole(name), feeds);
        t.deepEqual(outputOf(backward, gradientRole(name)).shape, valueNamed(graph, name).shape);
        t.true(found.data.some(element => element !== 0));
        t.true(relativeError(found, differences) <= 1e-6, `${found.data}\n${differences.data}`);
      });

  if (!isComposite) continue;

  test(`${titleOf(operatorCase)}: fused and expanded gradients are the same, all at once`, t => {
    const [fused, naive] = [differentiate(graph, { wrt }), differentiate(expanded, { wrt })];
    for (const name of wrt) {
      const role = gradientRole(name);
      t.true(relativeError(evaluateRole(fused, role, feeds), evaluateRole(naive, role, feeds)) <= 1e-12);
    }
  });

  test(`${titleOf(operatorCase)}: the expansion has the inferred shapes and the FLOPs of the rule`, t => {
    const alone = graphOf(operatorCase);
    const primitives = expandGraph(alone).graph;
    for (const role of alone.outputs.keys())
      t.deepEqual(outputOf(primitives, role).shape, outputOf(alone, role).shape);
    t.is(flopsOf(alone), flopsOf(primitives));
  });

  for (const output of operatorCase.saved ?? [])
    test(`${titleOf(operatorCase)}: saved output ${output} refuses a gradient`, t => {
      const saved = {
        ...operatorCase,
        saved: [...graph.outputs.keys()].map((_, i) => i).filter(i => i !== output),
      };
      t.throws(() => differentiate(lossOf(saved), { wrt }), {
        message: /saved output and carries no gradient/,
      });
    });
}
