import { type DType, type Graph, sizeOf, type Value, valueNamed } from './graph.js';
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
 * logits, a float32 copy of a half weight, or the parts of an attention), the gaps of an allocator, copies of feeds and
 * results. Nor does it know what an engine saves by writing a result over its input. Graphs whose composites are fused
 * and whose activations are large are near to what is measured.
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
  return { activations, weights: weightBytes(graph) };
};

const bytesOf = ({ dtype, shape }: Value): number => sizeOf(shape) * bytesPerElement[dtype];

const weightBytes = (graph: Graph): number =>
  [...graph.parameters.values()].reduce(
    (sum, parameter) => sum + (parameter.ref?.byteLength ?? bytesOf(parameter)),
    0,
  );
