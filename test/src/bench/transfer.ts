import { type Engine, feedsOf } from '@secateur/core';
import { add, GraphBuilder, reduceSum, type Shape, type Value } from '@secateur/core/graph';

/**
 * Seconds to carry arrays to the engine and gradients of their size back, with next to no work there: the least of
 * several runs of loss = Σ x, whose gradients are constants.
 */
export const transferSeconds = async (
  engine: Engine,
  arrays: ReadonlyMap<string, Float32Array>,
  runs = 7,
): Promise<number> => {
  const g = new GraphBuilder();
  const sums = [...arrays].map(([name, { length }]): Value => {
    const shape: Shape = [length];
    return reduceSum(g, g.parameter(name, shape), [0]);
  });
  g.output(
    'loss',
    sums.reduce((sum, next) => add(g, sum, next)),
  );
  const graph = g.build();
  const executable = await engine.compile(graph, { wrt: [...arrays.keys()] });
  const feeds = feedsOf(graph, arrays);
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await executable.run(feeds);
    least = Math.min(least, (performance.now() - start) / 1000);
  }
  await executable.release();
  return least;
};
