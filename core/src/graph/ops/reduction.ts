import type { GraphBuilder } from '../builder.js';
import type { Shape, Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import type { Axis, CouplingContext, Primitive } from '../operator.js';
import { everyZero } from '../operator.js';
import { expectAxis, expectFloat } from './expect.js';
import { reshape } from './reshape.js';
import { readStrided, stridesOf } from './strided.js';

type ReductionAttributes = {
  readonly axes: readonly number[];
  /** Reduced axes stay, with extent 1. */
  readonly keepdims: boolean;
};

/** What makes one reduction differ from the next. */
interface ReductionRules {
  readonly name: string;
  /** Over the elements that become one. */
  readonly f: (elements: Float64Array) => number;
  /** Gradient by x. Here dy and y have kept their reduced axes, so that they broadcast against x. */
  readonly gradient: (g: GraphBuilder, dy: Value, x: Value, y: Value, axes: readonly number[]) => Value;
  /** What the operator means for an axis that it reduces. */
  readonly couple: (c: CouplingContext, reduced: Axis) => void;
}

/** An operator that takes several axes together into one number. */
export const reduction = ({ name, f, gradient, couple }: ReductionRules): Primitive => ({
  name,
  kind: 'primitive',
  zero: everyZero,
  infer: ([x], { axes, keepdims }: ReductionAttributes) => {
    expectFloat(name, x);
    for (const axis of axes) expectAxis(name, x!, axis);
    if (new Set(axes).size !== axes.length) throw new Error(`${name}: axes [${axes}] name one axis twice`);
    const shape = keepdims ? withOnes(x!.shape, axes) : x!.shape.filter((_, d) => !axes.includes(d));
    return [{ dtype: 'float', shape }];
  },
  evaluate: ([x], { axes }: ReductionAttributes, [y]) => {
    const strides = stridesOf(x!.shape);
    const kept = x!.shape.map((_, d) => d).filter(d => !axes.includes(d));
    const order = [...kept, ...axes];
    const extents = order.map(d => x!.shape[d]!);
    const steps = order.map(d => strides[d]!);
    const elements = readStrided(x!.data, extents, steps);
    const run = sizeOf(axes.map(d => x!.shape[d]!));
    const data = Float64Array.from({ length: sizeOf(y!.shape) }, (_, i) =>
      f(elements.subarray(i * run, (i + 1) * run)),
    );
    return [{ shape: y!.shape, data }];
  },
  gradient: (g, { inputs: [x], outputs: [y], attributes, outputGradients: [dy] }) => {
    const { axes, keepdims } = attributes as ReductionAttributes;
    const keep = (value: Value): Value => (keepdims ? value : reshape(g, value, withOnes(x!.shape, axes)));
    return [gradient(g, keep(dy!), x!, keep(y!), axes)];
  },
  couple: c => {
    const { axes, keepdims } = c.attributes as ReductionAttributes;
    let kept = 0;
    for (const d of c.inputs[0]!.shape.keys())
      if (axes.includes(d)) couple(c, c.input(0, d));
      else c.tie(c.input(0, d), c.output(0, keepdims ? d : kept++));
  },
  flops: ([x]) => sizeOf(x!.shape),
});

const withOnes = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((extent, d) => (axes.includes(d) ? 1 : extent));
