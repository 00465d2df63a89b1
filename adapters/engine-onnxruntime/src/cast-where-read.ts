import type { NodeView } from '@secateur/adapter-onnx-format';
import type { Value } from '@secateur/core/graph';
import type { Emitter } from './lower/emitter.js';

/**
 * The node with float32 copies of the weights it reads that are stored in another type, or quantised. Each reader has its
 * own copy, forward and backward, which lives as long as the reader runs: a model's worth of float32 would be twice the
 * file. A cast waits for the activation beside it. On the weight alone, it could run long before it is needed.
 */
export const castWhereRead = (e: Emitter, node: NodeView): NodeView => {
  const isStored = (value: Value | undefined): boolean => value !== undefined && e.stored.has(value.name);
  if (!node.inputs.some(isStored)) return node;
  const { parameters, constants } = e.graph;
  const near = node.inputs.find(value => value && !parameters.has(value.name) && !constants.has(value.name));
  const castOf = ({ name, shape }: Value): string => {
    const { tensor, scales } = e.stored.get(name)!;
    const here = near ? e.after(tensor, shape, near.name) : tensor;
    return scales === undefined
      ? e.cast(here, 'float')
      : e.node('DequantizeLinear', [here, scales], { attributes: { axis: { int: 0 } } });
  };
  return {
    ...node,
    inputs: node.inputs.map(value => (isStored(value) ? { ...value!, name: castOf(value!) } : value)),
  };
};
