import type { OnnxAttribute } from '@secateur/adapter-onnx-format';
import type { Lowering, NodeView } from './emitter.js';

/** Operators that ONNX has with the same inputs. Attributes, where there are any, are translated. */
export const sameName = (
  op: string,
  attributes: (node: NodeView) => Readonly<Record<string, OnnxAttribute>> = () => ({}),
): Lowering => ({
  emit(e, node) {
    e.node(
      op,
      node.inputs.map(input => input?.name ?? ''),
      { attributes: attributes(node), outputs: node.outputs.map(output => output.name) },
    );
  },
});
