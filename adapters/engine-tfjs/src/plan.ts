import { type Graph, type Node, valueNamed } from '@secateur/core/graph';
import type { Kernels } from './kernels/index.js';
import type { Kernel, Tf, TfTensor } from './kernels/kernel.js';

/** Tensors of a run by place. */
type Slots = (TfTensor | undefined)[];

/** One node, bound to its kernel and to the places of its tensors. */
type Step = (tf: Tf, slots: Slots) => void;

/** A graph of primitives as a list of steps, each of which disposes what no later one reads. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Place of each tensor by name. */
  readonly slots: ReadonlyMap<string, number>;
}

/**
 * @param kept tensors that outlive a run: weights and constants
 */
export const makePlan = (graph: Graph, kernels: Kernels, kept: ReadonlySet<string>): Plan => {
  const slots = new Map([...graph.values.keys()].map((name, slot) => [name, slot]));
  const last = lastReaders(graph);
  const stays = new Set([...kept, ...graph.outputs.values()]);
  const steps = graph.nodes.map((node, at): Step => {
    const dead = [...new Set([...node.inputs, ...node.outputs])].filter(
      name => name !== '' && last.get(name) === at && !stays.has(name),
    );
    return stepOf(
      graph,
      node,
      kernels.get(node.op)!,
      slots,
      dead.map(name => slots.get(name)!),
    );
  });
  return { steps, slots };
};

/** The node that reads a tensor last; of one that nobody reads, the node that makes it. */
const lastReaders = (graph: Graph): ReadonlyMap<string, number> => {
  const last = new Map<string, number>();
  for (const [at, { inputs, outputs }] of graph.nodes.entries())
    for (const name of [...inputs, ...outputs]) last.set(name, at);
  return last;
};

const stepOf = (
  graph: Graph,
  { inputs, outputs, attributes }: Node,
  kernel: Kernel,
  slots: ReadonlyMap<string, number>,
  dead: readonly number[],
): Step => {
  const read = inputs.map(name => slots.get(name));
  const output = valueNamed(graph, outputs[0]!);
  const written = slots.get(output.name)!;
  return (tf, tensors) => {
    const values = read.map(slot => (slot === undefined ? undefined : tensors[slot]));
    tensors[written] = tf.tidy(() => kernel(tf, values, attributes, output));
    for (const slot of dead) {
      tensors[slot]!.dispose();
      tensors[slot] = undefined;
    }
  };
};
