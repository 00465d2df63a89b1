import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import type { Composite } from '../operator.js';
import { add } from './add.js';
import { concat } from './concat.js';
import { expectFloat, expectShape } from './expect.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { reshape } from './reshape.js';
import { slice } from './slice.js';

/**
 * Rotary position embedding (Su et al., arXiv 2104.09864) in the rotate-half layout of Hugging Face checkpoints:
 * with x = [x1, x2] halved along D, the result is [x1 · cos − x2 · sin, x2 · cos + x1 · sin].
 * x [B, S, ..., D], cos and sin [S, D/2]. The tables are fixed: they get no gradient.
 */
export const RotaryEmbedding: Composite = {
  name: 'RotaryEmbedding',
  kind: 'composite',
  infer: ([x, cos, sin]) => {
    expectFloat('RotaryEmbedding', x, cos, sin);
    if (x!.shape.length < 3) throw new Error(`RotaryEmbedding: [${x!.shape}] is not [B, S, ..., D]`);
    for (const table of [cos!, sin!])
      expectShape('RotaryEmbedding', table, [x!.shape[1]!, x!.shape.at(-1)! / 2]);
    return [{ dtype: 'float', shape: x!.shape }];
  },
  expand: (g, [x, cos, sin]) => {
    const last = x!.shape.length - 1;
    const [, length, ...rest] = x!.shape as [number, number, ...number[]];
    const half = x!.shape[last]! / 2;
    const perPosition = [length, ...rest.map(() => 1)].with(-1, half);
    const both = (table: Value): Value => {
      const aligned = reshape(g, table, perPosition);
      return concat(g, [aligned, aligned], last - 1);
    };
    const x1 = slice(g, x!, last, 0, half);
    const x2 = slice(g, x!, last, half, 2 * half);
    const turned = concat(g, [neg(g, x2), x1], last);
    return [add(g, mul(g, x!, both(cos!)), mul(g, turned, both(sin!)))];
  },
  // A rotation: its adjoint turns the other way.
  gradient: (g, { inputs: [, cos, sin], outputGradients: [dy], wants }) => {
    if (wants[1] || wants[2]) throw new Error('RotaryEmbedding: the tables get no gradient');
    return [rotaryEmbedding(g, dy!, cos!, neg(g, sin!)), undefined, undefined];
  },
  flops: ([x]) => 3.5 * sizeOf(x!.shape),
};

export const rotaryEmbedding = (g: GraphBuilder, x: Value, cos: Value, sin: Value): Value =>
  g.apply('RotaryEmbedding', [x, cos, sin])[0]!;
