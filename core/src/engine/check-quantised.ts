import { SecateurError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { QuantisedRef } from '../ports/engine.js';

/** Operators whose second input is the matrix of a product. */
const products: ReadonlySet<string> = new Set(['Linear', 'LoraLinear', 'Gemm']);

/**
 * Checks that what is quantised are stored matrices that products alone read, in float32.
 * @param graph as it will be run
 * @param fed names that are fed all the same
 * @throws SecateurError E_ENGINE
 */
export const checkQuantised = (
  graph: Graph,
  quantised: ReadonlyMap<string, QuantisedRef>,
  fed: readonly string[],
  precision: 'float32' | 'float64',
): void => {
  const refused = (reason: string): SecateurError => new SecateurError('E_ENGINE', reason);
  if (precision !== 'float32') throw refused(`Quantised weights are for float32, not for ${precision}.`);
  for (const [name, { values, scales }] of quantised) {
    const [rows, columns, ...more] = graph.parameters.get(name)?.ref?.shape ?? [];
    if (rows === undefined || columns === undefined || more.length > 0)
      throw refused(`There is no stored matrix "${name}" that could be quantised.`);
    if (fed.includes(name)) throw refused(`The parameter "${name}" is fed, and quantised as well.`);
    if (values.byteLength !== rows * columns || scales.byteLength !== 4 * rows)
      throw refused(`The quantised parameter "${name}" has not the size of [${rows}, ${columns}].`);
    const other = graph.nodes.find(({ op, inputs }) =>
      inputs.some((input, at) => input === name && (at !== 1 || !products.has(op))),
    );
    if (other) throw refused(`The quantised parameter "${name}" is read by ${other.op}, not by a product.`);
  }
};
