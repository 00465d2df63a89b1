import { GraphBuilder } from './builder.js';
import type { Attributes, Graph, Value } from './graph.js';
import { operatorOf } from './ops/index.js';
import { rebuild } from './rebuild.js';

/** A graph of primitives that computes what another graph does. */
export interface Expansion {
  readonly graph: Graph;
  /** Outputs of the replaced composites, to the values that now stand for them. All other values keep their names. */
  readonly alias: ReadonlyMap<string, string>;
}

/** Applies the definition of a composite in its place, and so on down to primitives. */
class PrimitiveBuilder extends GraphBuilder {
  override apply(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    names?: readonly string[],
  ): Value[] {
    const operator = operatorOf(op);
    if (operator.kind === 'primitive') return super.apply(op, inputs, attributes, names);
    return operator.expand(this, inputs, attributes);
  }
}

/**
 * Replaces every composite by its definition until only primitives remain. Nodes keep the module path of the
 * composite they came from. Saved outputs that nobody reads are expanded too: see `withoutDeadNodes`.
 */
export const expandGraph = (graph: Graph): Expansion => {
  const alias = new Map<string, string>();
  const expanded = rebuild(
    graph,
    (g, { op, outputs, attributes }, inputs) => {
      if (operatorOf(op).kind === 'primitive') return undefined;
      const stands = g.apply(op, inputs, attributes);
      for (const [i, stand] of stands.entries()) alias.set(outputs[i]!, stand.name);
      return stands;
    },
    undefined,
    new PrimitiveBuilder(),
  );
  return { graph: expanded, alias };
};
