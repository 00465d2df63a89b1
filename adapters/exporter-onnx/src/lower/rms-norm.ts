import type { Lowering } from '../emitter.js';

/**
 * As RmsNorm is defined. While the width is the count the mean square is a ReduceMean, which onnxruntime knows as
 * part of a norm; after a cut of the width, the sum is divided by the count of before.
 */
export const rmsNorm: Lowering = (e, { inputs: [x, w], outputs: [y, rstd], attributes }) => {
  const { epsilon, count } = attributes as { epsilon: number; count: number };
  const squares = e.node('Mul', [x!.name, x!.name]);
  const over = [squares, e.ints([x!.shape.length - 1])];
  const keepdims = { attributes: { keepdims: { int: 1 } } };
  const mean =
    count === x!.shape.at(-1)
      ? e.node('ReduceMean', over, keepdims)
      : e.node('Mul', [e.node('ReduceSum', over, keepdims), e.scalar(1 / count)]);
  const root = e.node('Sqrt', [e.node('Add', [mean, e.scalar(epsilon)])]);
  e.node('Reciprocal', [root], { outputs: [rstd!.name] });
  e.node('Mul', [e.node('Mul', [x!.name, rstd!.name]), w!.name], { outputs: [y!.name] });
};
