import type { Kernel, Tf, TfTensor } from './kernel.js';

const unary =
  (f: (tf: Tf, x: TfTensor) => TfTensor): Kernel =>
  (tf, [x]) =>
    f(tf, x!);

const binary =
  (f: (tf: Tf, a: TfTensor, b: TfTensor) => TfTensor): Kernel =>
  (tf, [a, b]) =>
    f(tf, a!, b!);

export const elementwise: Readonly<Record<string, Kernel>> = {
  Add: binary((tf, a, b) => tf.add(a, b)),
  Sub: binary((tf, a, b) => tf.sub(a, b)),
  Mul: binary((tf, a, b) => tf.mul(a, b)),
  Div: binary((tf, a, b) => tf.div(a, b)),
  Neg: unary((tf, x) => tf.neg(x)),
  Sqrt: unary((tf, x) => tf.sqrt(x)),
  Reciprocal: unary((tf, x) => tf.reciprocal(x)),
  Exp: unary((tf, x) => tf.exp(x)),
  Log: unary((tf, x) => tf.log(x)),
  Sigmoid: unary((tf, x) => tf.sigmoid(x)),
  Softmax: unary((tf, x) => tf.softmax(x)),
};
