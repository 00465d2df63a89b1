import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import { type Primitive, someZero } from '../operator.js';
import { broadcastShape, broadcastTo, tieAligned } from './broadcast.js';
import { expectFloat } from './expect.js';
import { matrixTranspose } from './transpose.js';
import { unbroadcast } from './unbroadcast.js';

type Ranks = [a: number, b: number, y: number];

/** Matrix products over broadcast batch axes: a [..., m, k] and b [..., k, n] give [..., m, n]. */
export const MatMul: Primitive = {
  name: 'MatMul',
  kind: 'primitive',
  zero: someZero,
  infer: ([a, b]) => {
    expectFloat('MatMul', a, b);
    if (a!.shape.length < 2 || b!.shape.length < 2 || a!.shape.at(-1) !== b!.shape.at(-2))
      throw new Error(`MatMul: [${a!.shape}] and [${b!.shape}] do not multiply`);
    const batch = broadcastShape('MatMul', a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return [{ dtype: 'float', shape: [...batch, a!.shape.at(-2)!, b!.shape.at(-1)!] }];
  },
  evaluate: ([a, b], _, [y]) => {
    const batch = y!.shape.slice(0, -2);
    const [m, n, k] = [y!.shape.at(-2)!, y!.shape.at(-1)!, a!.shape.at(-1)!];
    const left = broadcastTo(a!, [...batch, m, k]).data;
    const right = broadcastTo(b!, [...batch, k, n]).data;
    const data = new Float64Array(sizeOf(y!.shape));
    for (let s = 0; s < sizeOf(batch); s++)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++)
          for (let p = 0; p < k; p++)
            data[(s * m + i) * n + j]! += left[(s * m + i) * k + p]! * right[(s * k + p) * n + j]!;
    return [{ shape: y!.shape, data }];
  },
  gradient: (g, { inputs: [a, b], outputGradients: [dy], wants }) => [
    wants[0] ? unbroadcast(g, matMul(g, dy!, matrixTranspose(g, b!)), a!.shape) : undefined,
    wants[1] ? unbroadcast(g, matMul(g, matrixTranspose(g, a!), dy!), b!.shape) : undefined,
  ],
  couple: c => {
    const [rankA, rankB, rank] = [...c.inputs, ...c.outputs].map(value => value!.shape.length) as Ranks;
    c.tie(c.input(0, rankA - 2), c.output(0, rank - 2));
    c.tie(c.input(1, rankB - 1), c.output(0, rank - 1));
    const inner = [c.input(0, rankA - 1), c.input(1, rankB - 2)] as const;
    c.tie(...inner);
    c.contract(...inner);
    tieAligned(c, 0, 2);
    tieAligned(c, 1, 2);
    for (const [d, extent] of c.outputs[0]!.shape.slice(0, -2).entries())
      if (extent > 1) c.batch(c.output(0, d));
  },
  flops: ([a], [y]) => 2 * sizeOf(y!.shape) * a!.shape.at(-1)!,
};

export const matMul = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('MatMul', [a, b])[0]!;
