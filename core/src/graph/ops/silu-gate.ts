import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import type { Composite } from '../operator.js';
import { add } from './add.js';
import { expectFloat, expectShape } from './expect.js';
import { mul } from './mul.js';
import { sigmoid } from './sigmoid.js';
import { sub } from './sub.js';

/** The gated activation of SwiGLU (Shazeer, arXiv 2002.05202): `gate · sigmoid(gate) · up`, all of one shape. */
export const SiluGate: Composite = {
  name: 'SiluGate',
  kind: 'composite',
  infer: ([gate, up]) => {
    expectFloat('SiluGate', gate, up);
    expectShape('SiluGate', up!, gate!.shape);
    return [{ dtype: 'float', shape: gate!.shape }];
  },
  expand: (g, [gate, up]) => [mul(g, mul(g, gate!, sigmoid(g, gate!)), up!)],
  // With s = sigmoid(gate), t = dh · s: dup = t · gate and dgate = up · (t + dup · (1 − s)).
  gradient: (g, { inputs: [gate, up], outputGradients: [dh], wants }) => {
    const s = sigmoid(g, gate!);
    const t = mul(g, dh!, s);
    const byUp = mul(g, t, gate!);
    const byGate = (): Value => mul(g, up!, add(g, t, sub(g, byUp, mul(g, byUp, s))));
    return [wants[0] ? byGate() : undefined, byUp];
  },
  flops: ([gate]) => 3 * sizeOf(gate!.shape),
};

export const siluGate = (g: GraphBuilder, gate: Value, up: Value): Value =>
  g.apply('SiluGate', [gate, up])[0]!;
