import type { Engine, Feeds } from '@secateur/core';
import {
  type Dense,
  type DenseFeeds,
  differentiate,
  evaluate,
  type Graph,
  type Node,
  relativeError,
  subgraph,
} from '@secateur/core/graph';
import { blockAttention } from '../block-attention.js';
import { asDense, TOLERANCE } from './comparison.js';
import { trained } from './decoder.js';

/** An operator that gave wrong results. */
export interface Fault {
  readonly op: string;
  /** The largest of its relative errors; NaN where there is one. */
  readonly error: number;
}

/**
 * Runs the step, forward and backward, with every value as an output, and then each operator alone by the reference
 * interpreter, on what the device has fed it: so none is blamed for what it was given.
 */
export const faultyOperators = async (
  engine: Engine,
  graph: Graph,
  feeds: Feeds,
): Promise<readonly Fault[]> => {
  const step = differentiate(blockAttention(graph), { wrt: trained }); // as the engine does it
  const values = await everyValue(engine, step, feeds);
  const faults = new Map<string, number>();
  for (const node of step.nodes) {
    if (node.inputs.some(name => values[name]?.data.some(Number.isNaN))) continue; // NaN makes NaN
    const expected = alone(step, node, values);
    for (const name of node.outputs) {
      const error = relativeError(values[name]!, expected.get(name)!);
      if (!(error <= TOLERANCE)) faults.set(node.op, Math.max(faults.get(node.op) ?? 0, error));
    }
  }
  return [...faults].map(([op, error]) => ({ op, error }));
};

/** What the device makes, with what it was fed. */
const everyValue = async (engine: Engine, step: Graph, feeds: Feeds): Promise<DenseFeeds> => {
  const names = step.nodes.flatMap(({ outputs }) => outputs);
  const executable = await engine.compile({ ...step, outputs: new Map(names.map(name => [name, name])) });
  const { outputs } = await executable.run(feeds);
  await executable.release();
  const dense = Object.entries({ ...feeds, ...outputs }).map(([name, tensor]) => [name, asDense(tensor)]);
  return Object.fromEntries(dense);
};

/** One node by the reference interpreter. */
const alone = (step: Graph, node: Node, values: DenseFeeds): ReadonlyMap<string, Dense> => {
  const given = node.inputs.filter(name => made(step, name));
  const outputs = new Map(node.outputs.map(name => [name, name]));
  return evaluate(subgraph(step, { given, outputs }), values);
};

/** Whether a node makes it. */
const made = ({ values, inputs, parameters, constants }: Graph, name: string): boolean =>
  values.has(name) && !inputs.includes(name) && !parameters.has(name) && !constants.has(name);
