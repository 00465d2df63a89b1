import type { Attributes, Graph, Node, Value } from '@secateur/core/graph';
import type { OnnxAttribute } from './model-builder.js';

/** A node of the graph with its values at hand. */
export interface NodeView {
  /** Absent optional inputs are undefined. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

/** The node with its values looked up. */
export const viewOf = (graph: Graph, { inputs, outputs, attributes }: Node): NodeView => ({
  inputs: inputs.map(name => (name === '' ? undefined : graph.values.get(name)!)),
  outputs: outputs.map(name => graph.values.get(name)!),
  attributes,
});

type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

const none = (): OnnxAttributes => ({});
const axis = ({ attributes }: NodeView): OnnxAttributes => ({ axis: { int: attributes.axis as number } });

/** Operators of the graph that ONNX has by the same name and with the same inputs, and their attributes there. */
const sameNames: Readonly<Record<string, (node: NodeView) => OnnxAttributes>> = {
  Add: none,
  Sub: none,
  Mul: none,
  Div: none,
  Neg: none,
  Sqrt: none,
  Reciprocal: none,
  Exp: none,
  Log: none,
  Sigmoid: none,
  MatMul: none,
  Transpose: ({ attributes: { perm } }) => ({ perm: { ints: perm as readonly number[] } }),
  Concat: axis,
  Softmax: axis,
  Gather: () => ({ axis: { int: 0 } }),
};

/** The part of an emitter that is needed here. */
interface NodeWriter {
  node(
    op: string,
    inputs: readonly string[],
    options: { readonly attributes: OnnxAttributes; readonly outputs: readonly string[] },
  ): unknown;
}

/** What writes each of the operators that ONNX has by the same name and with the same inputs. */
export const sameNameOperators: readonly (readonly [
  op: string,
  write: (e: NodeWriter, node: NodeView) => void,
])[] = Object.entries(sameNames).map(([op, attributesOf]) => [
  op,
  (e, node) =>
    void e.node(
      op,
      node.inputs.map(input => input?.name ?? ''),
      { attributes: attributesOf(node), outputs: node.outputs.map(({ name }) => name) },
    ),
]);
