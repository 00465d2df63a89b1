import {
  add,
  broadcastShape,
  broadcastTo,
  div,
  exp,
  expand,
  type GraphBuilder,
  log,
  mul,
  neg,
  reciprocal,
  scaleBy,
  sigmoid,
  sizeOf,
  sqrt,
  sub,
  type Value,
} from '@secateur/core/graph';
import { castType } from '../fold/elementwise.js';
import { filled, type Known, known } from '../known.js';
import { dtypeOf, isKnown, type Rule } from '../tracing.js';

const unary =
  (f: (g: GraphBuilder, x: Value) => Value): Rule =>
  (t, { inputs: [x] }) => [f(t.g, t.value(x))];

const binary =
  (f: (g: GraphBuilder, a: Value, b: Value) => Value): Rule =>
  (t, { inputs: [a, b] }) => [f(t.g, t.value(a), t.value(b))];

/** Powers that products and roots can say. */
const powers: Readonly<Record<string, (g: GraphBuilder, x: Value) => Value>> = {
  '-1': reciprocal,
  '-0.5': (g, x) => reciprocal(g, sqrt(g, x)),
  '0.5': sqrt,
  '1': (_, x) => x,
  '2': (g, x) => mul(g, x, x),
  '3': (g, x) => mul(g, mul(g, x, x), x),
};

const pow: Rule = (t, { inputs: [x, exponent] }) => {
  const given = isKnown(exponent) && sizeOf(exponent.shape) === 1 ? exponent.data[0]! : Number.NaN;
  const power = powers[String(given)];
  if (!power) throw new Error(`the exponent is ${given}, expected one of ${Object.keys(powers).join(', ')}`);
  return [power(t.g, t.value(x))];
};

/** `x · m + known elsewhere` where m is 1 where the condition holds. */
const where: Rule = (t, { op, inputs: [condition, x, y] }) => {
  if (!isKnown(condition)) throw new Error('the condition depends on the text');
  const shape = [x, y].reduce((all, operand) => broadcastShape(op, all, operand!.shape), condition.shape);
  const chosen = broadcastTo(condition, shape).data;
  const mask = (holds: boolean): Known =>
    known(
      'float',
      shape,
      chosen.map(c => Number((c !== 0) === holds)),
    );
  const side = (operand: typeof x, holds: boolean): Value | undefined => {
    if (chosen.every(c => (c !== 0) !== holds)) return undefined;
    if (isKnown(operand)) {
      const spread = broadcastTo(operand, shape).data;
      const kept = known(
        operand.dtype,
        shape,
        chosen.map((c, i) => ((c !== 0) === holds ? spread[i]! : 0)),
      );
      return kept.data.every(e => e === 0) ? undefined : t.value(kept);
    }
    const value = t.value(operand);
    const whole = chosen.every(c => (c !== 0) === holds);
    if (!whole) return mul(t.g, value, t.value(mask(holds)));
    return value.shape.join() === shape.join() ? value : expand(t.g, value, shape);
  };
  const [a, b] = [side(x, true), side(y, false)];
  if (a && b) return [add(t.g, a, b)];
  return [a ?? b ?? filled('float', shape, 0)];
};

/** Between element types of one kind nothing happens: the engine chooses the precision of floats. */
const cast: Rule = (t, { inputs: [x], attributes }) => {
  const value = t.value(x);
  const to = dtypeOf({ dtype: castType(attributes.int('to')) });
  if (to !== value.dtype)
    throw new Error(`a tensor that depends on the text is cast from ${value.dtype} to ${to}`);
  return [value];
};

/** `x · sigmoid(alpha · x)`. */
const swish: Rule = (t, { inputs: [given], attributes }) => {
  const x = t.value(given);
  return [mul(t.g, x, sigmoid(t.g, scaleBy(t.g, x, attributes.float('alpha', 1))))];
};

/** `2 · sigmoid(2 x) − 1`. */
const tanh: Rule = (t, { inputs: [x] }) => {
  const { g } = t;
  return [sub(g, scaleBy(g, sigmoid(g, scaleBy(g, t.value(x), 2)), 2), g.scalar(1))];
};

export const elementwise: Readonly<Record<string, Rule>> = {
  Add: binary(add),
  Sub: binary(sub),
  Mul: binary(mul),
  Div: binary(div),
  Neg: unary(neg),
  Sqrt: unary(sqrt),
  Reciprocal: unary(reciprocal),
  Exp: unary(exp),
  Log: unary(log),
  Sigmoid: unary(sigmoid),
  Tanh: tanh,
  Swish: swish,
  QuickGelu: swish,
  Pow: pow,
  Where: where,
  Cast: cast,
  Identity: unary((_, x) => x),
  Dropout: unary((_, x) => x),
  // Masks are finite here, so no row of scores is without a number.
  IsNaN: (_, { inputs: [x] }) => [filled('bool', x!.shape, 0)],
};
