import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import type { Composite } from '../operator.js';
import { add } from './add.js';
import { expectFloat, expectShape, refuseGradient } from './expect.js';
import { mul, scaleBy } from './mul.js';
import { reciprocal } from './reciprocal.js';
import { reduceSum } from './reduce-sum.js';
import { sqrt } from './sqrt.js';
import { sub } from './sub.js';
import { unbroadcast } from './unbroadcast.js';

type RmsNormAttributes = {
  readonly epsilon: number;
  /** What the sum of squares is divided by: n, kept when channels are cut, so that cut and zeroed agree. */
  readonly count: number;
};

/**
 * Root mean square normalisation (Zhang & Sennrich, arXiv 1910.07467) over the last axis:
 * `y = x · rstd · w`, `rstd = 1 / √(Σ x² / count + epsilon)`. x [..., n], w [n]; y like x, and rstd [..., 1] saved.
 */
export const RmsNorm: Composite = {
  name: 'RmsNorm',
  kind: 'composite',
  infer: ([x, w], { count }: RmsNormAttributes) => {
    expectFloat('RmsNorm', x, w);
    expectShape('RmsNorm', w!, x!.shape.slice(-1));
    if (!(count > 0)) throw new Error(`RmsNorm: count ${count} is not positive`);
    return [
      { dtype: 'float', shape: x!.shape },
      { dtype: 'float', shape: [...x!.shape.slice(0, -1), 1] },
    ];
  },
  expand: (g, [x, w], { epsilon, count }: RmsNormAttributes) => {
    const squares = mul(g, x!, x!);
    const sum = g.apply('ReduceSum', [squares], {
      axes: [x!.shape.length - 1],
      keepdims: true,
      normalises: true,
    })[0]!;
    const rstd = reciprocal(g, sqrt(g, add(g, scaleBy(g, sum, 1 / count), g.scalar(epsilon))));
    return [mul(g, mul(g, x!, rstd), w!), rstd];
  },
  // With h = dy · w: dx = rstd · h − x · rstd³ / count · Σ h x. All but two products are of extent 1 along n.
  gradient: (g, { inputs: [x, w], outputs: [, rstd], attributes, outputGradients: [dy, drstd], wants }) => {
    refuseGradient('RmsNorm', rstd!, drstd);
    const { count } = attributes as RmsNormAttributes;
    const byX = (): Value => {
      const h = mul(g, dy!, w!);
      const sum = reduceSum(g, mul(g, h, x!), [x!.shape.length - 1], true);
      const cube = mul(g, rstd!, mul(g, rstd!, rstd!));
      return sub(g, mul(g, h, rstd!), mul(g, x!, scaleBy(g, mul(g, sum, cube), 1 / count)));
    };
    return [
      wants[0] ? byX() : undefined,
      wants[1] ? unbroadcast(g, mul(g, dy!, mul(g, x!, rstd!)), w!.shape) : undefined,
    ];
  },
  // Square, sum, two products; per row: 1 / count, epsilon, root, reciprocal.
  flops: ([x], [, rstd]) => 4 * sizeOf(x!.shape) + 4 * sizeOf(rstd!.shape),
};

/** Returns y. Default count: n. */
export const rmsNorm = (
  g: GraphBuilder,
  x: Value,
  weight: Value,
  { epsilon, count = x.shape.at(-1)! }: { readonly epsilon: number; readonly count?: number },
): Value => g.apply('RmsNorm', [x, weight], { epsilon, count })[0]!;
