import { GraphBuilder } from './builder.js';
import { type Graph, outputOf, type Value, valueNamed } from './graph.js';
import { add } from './ops/add.js';
import { zeros } from './ops/expand.js';
import { operatorOf } from './ops/index.js';
import { withoutDeadNodes } from './prune-dead.js';
import { recomputed } from './recompute.js';

export interface DifferentiateOptions {
  /** Output role of the scalar that is differentiated. Default `loss`. */
  readonly loss?: string;
  /** Values by which, by name: parameters, float inputs, or whatever else the graph computes. */
  readonly wrt: readonly string[];
  /** Make the activations again in the backward pass instead of keeping them; see {@link recomputed}. Default false. */
  readonly recompute?: boolean;
}

/** Output role of the gradient by a value. */
export const gradientRole = (name: string): string => `gradient:${name}`;

/**
 * Reverse-mode differentiation. The result computes what the graph did and, as outputs `gradient:<name>` of the
 * shape of the value, d loss / d value. It uses the rules of the operators it meets: fused ones where there are
 * composites, primitive ones in an expanded graph. Frozen weights cost nothing: gradients flow only along values
 * that depend on `wrt`. Two roles may name one value, and a gradient may be a constant.
 *
 * Throws a plain Error when the loss is no float scalar, when a name is unknown or not float, and when the only way
 * back leads through an operator, or a saved output, that has no gradient.
 */
export const differentiate = (
  graph: Graph,
  { loss: role = 'loss', wrt, recompute = false }: DifferentiateOptions,
): Graph => {
  const loss = outputOf(graph, role);
  if (loss.dtype !== 'float' || loss.shape.length > 0)
    throw new Error(`the loss "${loss.name}" is ${loss.dtype} [${loss.shape}], expected a float scalar`);
  for (const name of wrt)
    if (valueNamed(graph, name).dtype !== 'float')
      throw new Error(`"${name}" is not float and has no gradient`);

  const g = GraphBuilder.from(graph);
  const active = dependentsOf(graph, wrt);
  const gradients = new Map<string, Value>([[loss.name, g.scalar(1)]]);
  const contribute = (name: string, gradient: Value): void => {
    const others = gradients.get(name);
    gradients.set(name, others ? add(g, others, gradient) : gradient);
  };

  const readForward = recompute
    ? recomputed(graph, g, name => gradients.get(name))
    : () => (name: string) => valueNamed(graph, name);

  for (const [place, node] of [...graph.nodes.entries()].reverse()) {
    const wants = node.inputs.map(name => active.has(name));
    const outputGradients = node.outputs.map(name => gradients.get(name));
    if (!wants.includes(true) || outputGradients.every(gradient => !gradient)) continue;
    const operator = operatorOf(node.op);
    if (!operator.gradient) throw new Error(`${node.op} at "${node.path}" has no gradient`);
    const read = readForward(place);
    const context = {
      inputs: node.inputs.map(name => (name === '' ? undefined : read(name))),
      outputs: node.outputs.map(read),
      attributes: node.attributes,
      outputGradients,
      wants,
    };
    g.at(node.path, () => {
      operator.gradient!(g, context).forEach((gradient, i) => {
        if (gradient && wants[i]) contribute(node.inputs[i]!, gradient);
      });
    });
  }

  for (const name of wrt)
    g.output(gradientRole(name), gradients.get(name) ?? zeros(g, valueNamed(graph, name).shape));
  return withoutDeadNodes(g.build());
};

/** The names and all float values computed from them. */
const dependentsOf = (graph: Graph, names: readonly string[]): ReadonlySet<string> => {
  const dependents = new Set(names);
  for (const node of graph.nodes)
    if (node.inputs.some(name => dependents.has(name)))
      for (const name of node.outputs) if (valueNamed(graph, name).dtype === 'float') dependents.add(name);
  return dependents;
};
