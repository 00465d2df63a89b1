import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import { neverZero, type Primitive } from '../operator.js';
import { coupleElementwise } from './broadcast.js';
import { expectFloat } from './expect.js';
import { mul } from './mul.js';
import { reduceSum } from './reduce-sum.js';
import { sub } from './sub.js';

type SoftmaxAttributes = {
  /** The last axis: rank − 1. */
  readonly axis: number;
};

/** `eˣ / Σ eˣ` over the last axis. */
export const Softmax: Primitive = {
  name: 'Softmax',
  kind: 'primitive',
  zero: neverZero,
  infer: ([x], { axis }: SoftmaxAttributes) => {
    expectFloat('Softmax', x);
    if (axis !== x!.shape.length - 1)
      throw new Error(`Softmax: axis ${axis} is not the last of [${x!.shape}]`);
    return [{ dtype: 'float', shape: x!.shape }];
  },
  evaluate: ([x]) => {
    const data = new Float64Array(x!.data.length);
    const width = x!.shape.at(-1)!;
    for (let start = 0; start < data.length; start += width) {
      const row = x!.data.subarray(start, start + width);
      const max = Math.max(...row);
      const powers = row.map(element => Math.exp(element - max));
      const sum = powers.reduce((total, power) => total + power, 0);
      data.set(
        powers.map(power => power / sum),
        start,
      );
    }
    return [{ shape: x!.shape, data }];
  },
  gradient: (g, { outputs: [y], attributes, outputGradients: [dy] }) => {
    const { axis } = attributes as SoftmaxAttributes;
    const mean = reduceSum(g, mul(g, dy!, y!), [axis], true);
    return [mul(g, y!, sub(g, dy!, mean))];
  },
  couple: c => {
    coupleElementwise(c);
    c.freeze(c.input(0, (c.attributes as SoftmaxAttributes).axis), 'softmax runs over it');
  },
  // Subtract the maximum, exponential, sum, divide.
  flops: (_, [y]) => 4 * sizeOf(y!.shape),
};

/** Over the last axis. */
export const softmax = (g: GraphBuilder, x: Value): Value =>
  g.apply('Softmax', [x], { axis: x.shape.length - 1 })[0]!;
