import {
  add,
  type GraphBuilder,
  mul,
  reciprocal,
  reduceMax,
  reduceSum,
  rmsNorm,
  scaleBy,
  sizeOf,
  softmax,
  sqrt,
  sub,
  type Value,
} from '@secateur/core/graph';
import { axisOf } from '../attributes.js';
import { type LiveNode, optionalElements, type Rule, type Tracing } from '../tracing.js';

/** Over the last axis. Before opset 13 the axis named a matrix; with the last axis that is the same. */
const softmaxRule: Rule = (t, { inputs: [given], attributes, opset }) => {
  const x = t.value(given);
  const rank = x.shape.length;
  const axis = axisOf(attributes.int('axis', opset < 13 ? 1 : -1), rank);
  if (axis !== rank - 1) throw new Error(`it runs over axis ${axis} of ${rank}, expected the last`);
  return [softmax(t.g, x)];
};

const reduce =
  (f: (g: GraphBuilder, x: Value, axes: readonly number[], keepdims: boolean) => Value): Rule =>
  (t, node) => {
    const x = t.value(node.inputs[0]);
    const axes = reducedAxes(node, x.shape.length);
    if (!axes) return [x];
    return [f(t.g, x, axes, node.attributes.int('keepdims', 1) !== 0)];
  };

/** All axes where none are named; undefined where that means that nothing is done. */
const reducedAxes = ({ inputs, attributes }: LiveNode, rank: number): number[] | undefined => {
  const given = attributes.has('axes') ? [...attributes.ints('axes')] : (optionalElements(inputs, 1) ?? []);
  if (given.length > 0) return given.map(axis => axisOf(axis, rank));
  return attributes.int('noop_with_empty_axes', 0)
    ? undefined
    : Array.from({ length: rank }, (_, axis) => axis);
};

/** A sum whose divisor stays when indices are cut, so that cut and zeroed agree. */
const mean = (g: GraphBuilder, x: Value, axes: readonly number[], keepdims: boolean): Value => {
  const sum = g.apply('ReduceSum', [x], { axes, keepdims, normalises: true })[0]!;
  return scaleBy(g, sum, 1 / sizeOf(axes.map(axis => x.shape[axis]!)));
};

const last = (x: Value, axis: number): readonly number[] => {
  const rank = x.shape.length;
  if (axisOf(axis, rank) !== rank - 1)
    throw new Error(`it runs over axis ${axis} of ${rank}, expected the last`);
  return [rank - 1];
};

const rms: Rule = (t, { inputs: [given, weight], attributes }) => {
  const x = t.value(given);
  last(x, attributes.int('axis', -1));
  return [rmsNorm(t.g, x, t.value(weight), { epsilon: attributes.float('epsilon', 1e-5) })];
};

/** The sum of both inputs, normed; the sum itself is the fourth output. */
const skipRms: Rule = (t, { inputs: [given, skip, weight, bias], attributes }) => {
  const both = add(t.g, t.value(given), t.value(skip));
  const sum = bias ? add(t.g, both, t.value(bias)) : both;
  const y = rmsNorm(t.g, sum, t.value(weight), { epsilon: attributes.float('epsilon') });
  return [y, undefined, undefined, sum];
};

const layerNorm: Rule = (t, { inputs: [given, weight, bias], attributes }) => {
  const x = t.value(given);
  const axes = last(x, attributes.int('axis', -1));
  const y = mul(t.g, standardised(t, x, axes, attributes.float('epsilon', 1e-5)), t.value(weight));
  return [bias ? add(t.g, y, t.value(bias)) : y];
};

const standardised = ({ g }: Tracing, x: Value, axes: readonly number[], epsilon: number): Value => {
  const centred = sub(g, x, mean(g, x, axes, true));
  const variance = mean(g, mul(g, centred, centred), axes, true);
  return mul(g, centred, reciprocal(g, sqrt(g, add(g, variance, g.scalar(epsilon)))));
};

export const reductions: Readonly<Record<string, Rule>> = {
  Softmax: softmaxRule,
  ReduceSum: reduce(reduceSum),
  ReduceMean: reduce(mean),
  ReduceMax: reduce(reduceMax),
  LayerNormalization: layerNorm,
  RMSNormalization: rms,
  SimplifiedLayerNormalization: rms,
  SkipSimplifiedLayerNormalization: skipRms,
};
