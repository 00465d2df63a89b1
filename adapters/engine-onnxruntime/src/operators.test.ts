import { createRng, type Feeds, type Tensor } from '@secateur/core';
import {
  type Dense,
  type DenseFeeds,
  differentiate,
  evaluate,
  expandGraph,
  type Graph,
  GraphBuilder,
  gradientRole,
  mul,
  reduceSum,
} from '@secateur/core/graph';
import {
  feedsOf,
  graphOf,
  type OperatorCase,
  operatorCases,
  randomDense,
  relativeError,
  titleOf,
} from '@secateur/core/testing';
import test from 'ava';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const tolerance = { float32: 2e-5, float64: 1e-12 } as const;

/** float32 is also fed float32, so that the reference sees the same numbers. */
const rounded = (feeds: DenseFeeds): DenseFeeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, data }]) => [name, { shape, data: data.map(Math.fround) }]),
  );

const asFeeds = (graph: Graph, feeds: DenseFeeds): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, data }]) => [
      name,
      { shape, data: graph.values.get(name)!.dtype === 'int64' ? BigInt64Array.from(data, BigInt) : data },
    ]),
  );

const asDense = ({ shape, data }: Tensor): Dense => ({ shape, data: Float64Array.from(data, Number) });

/** The case with a loss: a random weighted sum of the outputs that carry a gradient. */
const lossOf = (operatorCase: OperatorCase): Graph => {
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

for (const operatorCase of operatorCases) {
  const title = titleOf(operatorCase);
  for (const precision of ['float32', 'float64'] as const)
    test(`${title}, ${precision}, agrees with the reference`, async t => {
      const graph = graphOf(operatorCase);
      const feeds = rounded(feedsOf(operatorCase, createRng(1).fork(title)));
      const executable = await engine.compile(graph, { precision });
      const { outputs } = await executable.run(asFeeds(graph, feeds));
      const expected = evaluate(graph, feeds);
      for (const [role, name] of graph.outputs)
        t.true(relativeError(asDense(outputs[role]!), expected.get(name)!) <= tolerance[precision], role);
      await executable.release();
    });

  const wrt = operatorCase.inputs.flatMap((input, i) =>
    input && input.ids === undefined && !operatorCase.fixed?.includes(i) ? [`x${i}`] : [],
  );
  if (wrt.length === 0) continue;
  test(`${title}: fused float32 gradients agree with the reference`, async t => {
    const graph = lossOf(operatorCase);
    const feeds = rounded(feedsOf(operatorCase, createRng(1).fork(title)));
    const executable = await engine.compile(graph, { wrt });
    const { gradients } = await executable.run(asFeeds(graph, feeds));
    const reference = differentiate(expandGraph(graph).graph, { wrt });
    const expected = evaluate(reference, feeds);
    for (const name of wrt) {
      const gradient = expected.get(reference.outputs.get(gradientRole(name))!)!;
      t.true(relativeError(asDense(gradients[name]!), gradient) <= tolerance.float32, name);
    }
    await executable.release();
  });
}
