import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import { neverZero, type Primitive } from '../operator.js';
import { expectIds } from './expect.js';

/** Number of classes. */
type OneHotAttributes = { readonly depth: number };

/** ids (int64, any shape, 0 <= id < depth) to ids.shape ++ [depth]: 1 at the id, 0 elsewhere. No gradient. */
export const OneHot: Primitive = {
  name: 'OneHot',
  kind: 'primitive',
  zero: neverZero,
  infer: ([ids], { depth }: OneHotAttributes) => {
    expectIds('OneHot', ids!);
    if (!(depth > 0)) throw new Error(`OneHot: a depth of ${depth} holds no id`);
    return [{ dtype: 'float', shape: [...ids!.shape, depth] }];
  },
  evaluate: ([ids], { depth }: OneHotAttributes, [y]) => {
    const data = new Float64Array(sizeOf(y!.shape));
    ids!.data.forEach((id, i) => {
      if (!(id >= 0 && id < depth)) throw new Error(`OneHot: id ${id} is outside a depth of ${depth}`);
      data[i * depth + id] = 1;
    });
    return [{ shape: y!.shape, data }];
  },
  couple: c => {
    const { shape } = c.inputs[0]!;
    for (const d of shape.keys()) c.tie(c.input(0, d), c.output(0, d));
    c.freeze(c.output(0, shape.length), 'its indices are ids');
  },
  flops: () => 0,
};

export const oneHot = (g: GraphBuilder, ids: Value, depth: number): Value =>
  g.apply('OneHot', [ids], { depth })[0]!;
