import { GraphBuilder } from '../graph/builder.js';
import { differentiate, gradientRole } from '../graph/differentiate.js';
import { type DenseFeeds, evaluate } from '../graph/evaluate.js';
import { expandGraph } from '../graph/expand.js';
import type { Graph } from '../graph/graph.js';
import type { Dense } from '../graph/operator.js';
import { mul } from '../graph/ops/mul.js';
import { reduceSum } from '../graph/ops/reduce-sum.js';
import { relativeError } from '../graph/relative-error.js';
import type { Engine, Feeds, Tensor } from '../ports/engine.js';
import { createRng } from '../rng.js';
import { feedsOf, graphOf, type OperatorCase, randomDense, titleOf } from './operator-cases.js';

/** Relative error of each output of a case on an engine, by role, against the reference interpreter. */
export const outputErrors = async (
  engine: Engine,
  operatorCase: OperatorCase,
  precision: 'float32' | 'float64' = 'float32',
): Promise<Readonly<Record<string, number>>> => {
  const graph = graphOf(operatorCase);
  const feeds = roundedFeeds(operatorCase);
  const executable = await engine.compile(graph, { precision });
  const { outputs } = await executable.run(asFeeds(graph, feeds));
  await executable.release();
  const expected = evaluate(graph, feeds);
  return Object.fromEntries(
    [...graph.outputs].map(([role, name]) => [
      role,
      relativeError(asDense(outputs[role]!), expected.get(name)!),
    ]),
  );
};

/** Names of the inputs of a case that carry a gradient. */
export const differentiable = ({ inputs, fixed }: OperatorCase): readonly string[] =>
  inputs.flatMap((input, i) => (input && input.ids === undefined && !fixed?.includes(i) ? [`x${i}`] : []));

/**
 * Relative error of the gradient by each input, as the engine differentiates in float32: of a random weighted sum of
 * the outputs, against the primitives differentiated and run by the reference interpreter.
 */
export const gradientErrors = async (
  engine: Engine,
  operatorCase: OperatorCase,
): Promise<Readonly<Record<string, number>>> => {
  const wrt = differentiable(operatorCase);
  const graph = lossOfCase(operatorCase);
  const feeds = roundedFeeds(operatorCase);
  const executable = await engine.compile(graph, { wrt });
  const { gradients } = await executable.run(asFeeds(graph, feeds));
  await executable.release();
  const reference = differentiate(expandGraph(graph).graph, { wrt });
  const expected = evaluate(reference, feeds);
  const gradientOf = (name: string): Dense => expected.get(reference.outputs.get(gradientRole(name))!)!;
  return Object.fromEntries(
    wrt.map(name => [name, relativeError(asDense(gradients[name]!), gradientOf(name))]),
  );
};

/** float32 numbers, so that the reference sees what a float32 engine is fed. */
export const roundedFeeds = (operatorCase: OperatorCase): DenseFeeds =>
  Object.fromEntries(
    Object.entries(feedsOf(operatorCase, createRng(1).fork(titleOf(operatorCase)))).map(
      ([name, { shape, data }]) => [name, { shape, data: data.map(Math.fround) }],
    ),
  );

/** Numbers of the reference as an engine is fed them. */
export const asFeeds = (graph: Graph, feeds: DenseFeeds): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, data }]) => [
      name,
      { shape, data: graph.values.get(name)!.dtype === 'int64' ? BigInt64Array.from(data, BigInt) : data },
    ]),
  );

/** What an engine gives, as numbers of the reference. */
export const asDense = ({ shape, data }: Tensor): Dense => ({ shape, data: Float64Array.from(data, Number) });

/** The case with a loss: a random weighted sum of the outputs that carry a gradient. */
export const lossOfCase = (operatorCase: OperatorCase): Graph => {
  const graph = graphOf(operatorCase);
  const rng = createRng(2).fork(titleOf(operatorCase));
  const g = GraphBuilder.from(graph);
  const parts = [...graph.outputs.values()]
    .filter((_, i) => !operatorCase.saved?.includes(i))
    .map((name, i) => {
      const y = graph.values.get(name)!;
      const weights = g.constant(`weights${i}`, y.shape, () => randomDense(rng, { shape: y.shape }).data);
      return reduceSum(g, mul(g, y, weights), [...y.shape.keys()]);
    });
  g.output(
    'loss',
    parts.reduce((a, b) => g.apply('Add', [a, b])[0]!),
  );
  return g.build();
};
