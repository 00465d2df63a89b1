import type { Graph } from '@secateur/core/graph';

/**
 * Transposes of the last two axes that only products read, by name, with what they transpose. A product can read its
 * operand as it lies, but for a half weight, which is cast first.
 */
export const absorbedTransposes = (graph: Graph): ReadonlyMap<string, string> => {
  const kept = new Set(graph.outputs.values());
  for (const { op, inputs } of graph.nodes) if (op !== 'MatMul') for (const name of inputs) kept.add(name);
  const isHalf = (name: string): boolean => (graph.parameters.get(name)?.ref?.dtype ?? 'F32') !== 'F32';
  return new Map(
    graph.nodes
      .filter(
        ({ op, inputs, outputs, attributes }) =>
          op === 'Transpose' &&
          !kept.has(outputs[0]!) &&
          !isHalf(inputs[0]!) &&
          swapsLastTwo(attributes.perm as readonly number[]),
      )
      .map(({ inputs, outputs }) => [outputs[0]!, inputs[0]!]),
  );
};

const swapsLastTwo = (perm: readonly number[]): boolean => {
  const last = perm.length - 1;
  return last > 0 && perm.every((axis, i) => axis === (i === last ? last - 1 : i === last - 1 ? last : i));
};
