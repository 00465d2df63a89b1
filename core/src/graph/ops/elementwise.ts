import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import type { Primitive, ZeroRule } from '../operator.js';
import { broadcastMap, broadcastShape, coupleElementwise } from './broadcast.js';
import { expectFloat } from './expect.js';
import { unbroadcast } from './unbroadcast.js';

/** What makes one elementwise operator y = f(x) differ from the next. */
interface UnaryRules {
  readonly name: string;
  readonly f: (x: number) => number;
  /** `dy · f'(x)`, in terms of x or of y, whichever is cheaper. */
  readonly gradient: (g: GraphBuilder, dy: Value, x: Value, y: Value) => Value;
  readonly zero: ZeroRule;
}

/** An elementwise operator of one tensor. */
export const unary = ({ name, f, gradient, zero }: UnaryRules): Primitive => ({
  name,
  kind: 'primitive',
  zero,
  infer: ([x]) => {
    expectFloat(name, x);
    return [{ dtype: 'float', shape: x!.shape }];
  },
  evaluate: ([x]) => [{ shape: x!.shape, data: x!.data.map(element => f(element)) }],
  gradient: (g, { inputs: [x], outputs: [y], outputGradients: [dy] }) => [gradient(g, dy!, x!, y!)],
  couple: coupleElementwise,
  flops: (_, [y]) => sizeOf(y!.shape),
});

/** `dy · ∂y/∂input`, of the shape of y; broadcasting is undone by the caller. */
type Partial = (g: GraphBuilder, dy: Value, a: Value, b: Value, y: Value) => Value;

/** What makes one elementwise operator y = f(a, b) differ from the next. */
interface BinaryRules {
  readonly name: string;
  readonly f: (a: number, b: number) => number;
  /** By a, by b. */
  readonly gradient: readonly [Partial, Partial];
  readonly zero: ZeroRule;
}

/** An elementwise operator of two tensors, with broadcasting. */
export const binary = ({ name, f, gradient, zero }: BinaryRules): Primitive => ({
  name,
  kind: 'primitive',
  zero,
  infer: ([a, b]) => {
    expectFloat(name, a, b);
    return [{ dtype: 'float', shape: broadcastShape(name, a!.shape, b!.shape) }];
  },
  evaluate: ([a, b], _, [y]) => [broadcastMap(a!, b!, y!.shape, f)],
  gradient: (g, { inputs: [a, b], outputs: [y], outputGradients: [dy], wants }) =>
    [a!, b!].map((input, i) =>
      wants[i] ? unbroadcast(g, gradient[i]!(g, dy!, a!, b!, y!), input.shape) : undefined,
    ),
  couple: coupleElementwise,
  flops: (_, [y]) => sizeOf(y!.shape),
});
