import { type DType, type Graph, type Parameter, sizeOf, type Value, valueNamed } from './graph.js';
import { operatorOf } from './ops/index.js';

export interface PlannedBytes {
  /** Most bytes of tensors made by nodes that are alive at once. */
  readonly activations: number;
  /** All parameters: those in files in their own type, the others in float32. */
  readonly weights: number;
}

/** In memory, with `float` as float32. */
const bytesPerElement: Readonly<Record<DType, number>> = { float: 4, int64: 8, bool: 1 };

/**
 * What a run of the graph keeps in memory when its nodes run in order and a tensor goes after its last reader; outputs
 * stay to the end. A view has no bytes of its own.
 *
 * It does not know what an engine needs beside the tensors of the graph: temporaries inside of a node (a chunk of
 * logits, a float32 copy of a half weight, or the parts of an attention), buffers that wait for the next tensor of their
 * shape, the gaps of an allocator, copies of feeds and results. Nor does it know what an engine saves by writing a result
 * over its input. Where a step keeps its activations they dwarf all that; where it recomputes, they do not.
 */
export const plannedBytes = (graph: Graph): PlannedBytes => {
  const owner = new Map<string, string>();
  const ownerOf = (name: string): string => owner.get(name) ?? name;
  const lastUse = new Map<string, number>();
  for (const [at, node] of graph.nodes.entries()) {
    if (operatorOf(node.op).view) owner.set(node.outputs[0]!, ownerOf(node.inputs[0]!));
    for (const name of [...node.inputs, ...node.outputs]) lastUse.set(ownerOf(name), at);
  }
  for (const name of graph.outputs.values()) lastUse.set(ownerOf(name), graph.nodes.length);

  const alive = new Set<string>();
  let [now, activations] = [0, 0];
  for (const [at, node] of graph.nodes.entries()) {
    for (const name of node.outputs) {
      if (ownerOf(name) !== name) continue;
      alive.add(name);
      now += bytesOf(valueNamed(graph, name));
    }
    activations = Math.max(activations, now);
    for (const name of new Set([...node.inputs, ...node.outputs].map(ownerOf)))
      if (lastUse.get(name) === at && alive.delete(name)) now -= bytesOf(valueNamed(graph, name));
  }
  return { activations, weights: storedBytes(graph.parameters.values()) };
};

const bytesOf = ({ dtype, shape }: Value): number => sizeOf(shape) * bytesPerElement[dtype];

/** Bytes of parameters: those in files in their own type, the others in float32. */
export const storedBytes = (parameters: Iterable<Parameter>): number =>
  [...parameters].reduce((sum, parameter) => sum + (parameter.ref?.byteLength ?? bytesOf(parameter)), 0);
