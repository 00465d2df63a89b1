import { gemm, linear, matMul, scaleBy, sizeOf, type Value } from '@secateur/core/graph';
import type { Rule, Tracing } from '../tracing.js';

/** A product of activations and a weight is one of matrices, so that it is a linear layer whatever it is fed. */
const product: Rule = (t, { inputs: [given, other], path }) => {
  const [a, b] = [t.value(given), t.value(other)];
  if (a.shape.length < 2 || b.shape.length < 2) throw new Error('a vector is multiplied, expected matrices');
  const weight = t.transposedWeight(b);
  if (weight) return [rowsOf(t, a, b.shape[1]!, x => linear(t.g, x, weight))];
  if (t.isWeight(b) && b.shape.length === 2)
    return [
      rowsOf(t, a, b.shape[1]!, rows => {
        const y = gemm(t.g, rows, b);
        t.noteProduct(y, { rows, weight: b, path });
        return y;
      }),
    ];
  return [matMul(t.g, a, b)];
};

/** Applies a linear map to the last axis. */
const rowsOf = (t: Tracing, x: Value, out: number, map: (rows: Value) => Value): Value => {
  const lead = x.shape.slice(0, -1);
  const rows = t.reshaped(x, [sizeOf(lead), x.shape.at(-1)!]);
  return t.reshaped(map(rows), [...lead, out]);
};

const general: Rule = (t, { inputs: [given, other, added], attributes }) => {
  const [a, b] = [t.value(given), t.value(other)];
  const [transA, transB] = [attributes.int('transA', 0) !== 0, attributes.int('transB', 0) !== 0];
  const [alpha, beta] = [attributes.float('alpha', 1), attributes.float('beta', 1)];
  const c = added && beta !== 0 ? scaleBy(t.g, t.value(added), beta) : undefined;
  const isLinear = t.isWeight(b) && transB && !transA && alpha === 1;
  if (isLinear && (!c || c.shape.join() === `${b.shape[0]}`)) return [linear(t.g, a, b, c)];
  return [gemm(t.g, a, b, { transA, transB, alpha }, c)];
};

export const products: Readonly<Record<string, Rule>> = { MatMul: product, Gemm: general };
