import { viewOf } from '@secateur/adapter-onnx-format';
import { SecateurError } from '@secateur/core';
import { type Graph, type Node, operatorOf, rebuild } from '@secateur/core/graph';
import { loweringOf } from './lower/index.js';
import type { Target } from './lower/target.js';

/**
 * Composites that have no form for this target become what they are defined as; all else stays whole.
 * @throws SecateurError E_ENGINE for a primitive that has no form.
 */
export const expandUnsupported = (graph: Graph, target: Target): Graph => {
  const isSupported = (node: Node): boolean => {
    const lowering = loweringOf(node.op);
    return lowering !== undefined && (lowering.supports?.(viewOf(graph, node), target) ?? true);
  };
  if (graph.nodes.every(isSupported)) return graph;
  const expanded = rebuild(graph, (g, node, inputs) => {
    if (isSupported(node)) return undefined;
    const operator = operatorOf(node.op);
    if (operator.kind === 'composite') return operator.expand(g, inputs, node.attributes);
    throw new SecateurError(
      'E_ENGINE',
      `The operator ${node.op} of "${node.path}" has no form in onnxruntime.`,
    );
  });
  return expandUnsupported(expanded, target); // a definition may use other composites
};
