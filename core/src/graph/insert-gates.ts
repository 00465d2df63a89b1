import type { RemovalGroup } from '../domain/removal-group.js';
import type { Graph, Value } from './graph.js';
import { valueNamed } from './graph.js';
import { hasDimension, type Layout } from './layout.js';
import { weightOf } from './linear-weight.js';
import { mul } from './ops/mul.js';
import { reshape } from './ops/reshape.js';
import { rebuild } from './rebuild.js';

/** Name of the gate input of a group: float [batch, units], 1 = whole, 0 = removed. */
export const gateName = (group: RemovalGroup): string => `gate:${group.id}`;

/** The weight and axis through which a group's units reach the rest: its only consumer. */
export const consumerOf = (
  group: RemovalGroup,
): { readonly param: string; readonly layout: Layout } | undefined => {
  const consumers = group.members.filter(member => member.side === 'consumer');
  return consumers.length === 1 ? consumers[0] : undefined;
};

/**
 * Multiplies what each unit contributes by its gate, at the input of the linear layer that reads the group. One gate
 * per sequence, so that d loss / d gate comes per sequence: absolute values and squares are averaged over sequences.
 * A gate at 0 is the unit's removal; d loss / d gate at 1 is Σ w · d loss / d w over the consumer's columns, the
 * first-order Taylor saliency (arXiv 1906.10771).
 *
 * Throws a plain Error for a group that more or fewer than one weight reads.
 */
export const insertGates = (graph: Graph, groups: readonly RemovalGroup[], batch: number): Graph => {
  const byParam = new Map<string, RemovalGroup[]>();
  for (const group of groups) {
    const consumer = consumerOf(group);
    if (!consumer) throw new Error(`${group.id} has no single consumer to gate`);
    byParam.set(consumer.param, [...(byParam.get(consumer.param) ?? []), group]);
  }
  const gates = new Map<string, Value>(); // a weight may be read more than once
  return rebuild(graph, (g, node, inputs) => {
    const gated = byParam.get(weightOf(node) ?? '');
    if (!gated) return undefined;
    const x = gated.reduce<Value>((value, group) => {
      const [outer, inner] = spansOf(consumerOf(group)!.layout, group.dimension);
      const gate = gates.get(group.id) ?? g.input(gateName(group), [batch, group.units]);
      gates.set(group.id, gate);
      const time = valueNamed(graph, node.inputs[0]!).shape[0]! / batch;
      const grid = [batch, time * outer, group.units, inner];
      const opened = mul(g, reshape(g, value, grid), reshape(g, gate, [batch, 1, group.units, 1]));
      return reshape(g, opened, value.shape);
    }, inputs[0]!);
    return g.apply(node.op, [x, ...inputs.slice(1)], node.attributes, node.outputs);
  });
};

/** Extents of the axis outside and inside of a dimension. Only products can be gated. */
const spansOf = (layout: Layout, dimension: number): readonly [number, number] => {
  if (layout.kind === 'dimension') return [1, 1];
  if (layout.kind === 'sum') throw new Error('a concatenated axis cannot be gated');
  const at = layout.parts.findIndex(part => hasDimension(part, dimension));
  const size = (parts: readonly Layout[]): number => parts.reduce((product, part) => product * part.size, 1);
  return [size(layout.parts.slice(0, at)), size(layout.parts.slice(at + 1))];
};
