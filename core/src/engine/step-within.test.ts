import test from 'ava';
import { GraphBuilder } from '../graph/builder.js';
import { add } from '../graph/ops/add.js';
import { plannedBytes } from '../graph/planned-bytes.js';
import type { Recompute } from '../ports/engine.js';
import { stepWithin } from './step-within.js';

/** Fewer nodes and bytes where activations are made again. */
const step = (again: boolean) => {
  const g = new GraphBuilder();
  let x = add(g, g.parameter('w', [10]), g.scalar(1));
  const kept = Array.from({ length: again ? 1 : 4 }, () => {
    x = add(g, x, x);
    return x;
  });
  g.output(
    'loss',
    kept.reduce((a, b) => add(g, a, b)),
  );
  return g.build();
};

test('auto makes activations again where they take more than half of what the weights leave of the memory', t => {
  const { activations, weights } = plannedBytes(step(false));
  const nodes = (memory: number, recompute: Recompute): number =>
    stepWithin(memory, recompute, step).nodes.length;
  const [kept, again] = [step(false).nodes.length, step(true).nodes.length];
  const enough = weights + 2 * activations;
  t.is(nodes(enough, 'auto'), kept);
  t.is(nodes(enough - 2, 'auto'), again);
  t.is(nodes(0, false), kept);
  t.is(nodes(enough, true), again);
});
