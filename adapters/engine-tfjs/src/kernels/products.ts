import { sizeOf } from '@secateur/core/graph';
import { extents, type Kernel, type Tf, type TfTensor } from './kernel.js';

/** A' B' of matrices, or of as many of each, A' and B' transposed on request. */
export type Multiply = (tf: Tf, a: TfTensor, b: TfTensor, transA?: boolean, transB?: boolean) => TfTensor;

type GemmAttributes = { readonly transA?: boolean; readonly transB?: boolean; readonly alpha?: number };

/** Products by a way to multiply matrices. */
export const productsBy = (multiply: Multiply): Readonly<Record<string, Kernel>> => ({
  /** `alpha · A' B' + C`. The factor goes to the smaller operand: less work and less memory than the product. */
  Gemm: (tf, [a, b, c], attributes) => {
    const { transA, transB, alpha = 1 } = attributes as GemmAttributes;
    const [left, right] =
      alpha === 1 ? [a!, b!] : a!.size <= b!.size ? [tf.mul(a!, alpha), b!] : [a!, tf.mul(b!, alpha)];
    const product = multiply(tf, left, right, transA, transB);
    return c ? tf.add(product, c) : product;
  },

  /**
   * The kernels of TensorFlow.js want as many of `a` as of `b`. Where one of `b` serves several of `a`, which is how query
   * heads share keys, the rows of these become one matrix.
   */
  MatMul: (tf, [a, b], _, { shape }) => {
    const [batchA, batchB] = [a!.shape.slice(0, -2), b!.shape.slice(0, -2)];
    if (sameExtents(batchA, batchB)) return multiply(tf, a!, b!);
    const kept = leading(batchB);
    const folds = kept === 0 || batchA.length === batchB.length;
    if (folds && sameExtents(batchA.slice(0, kept), batchB.slice(0, kept)))
      return folded(tf, multiply, a!, b!, kept, shape);
    const batch = shape.slice(0, -2);
    return multiply(tf, spread(tf, a!, batch), spread(tf, b!, batch));
  },
});

/** How many extents stand before the ones that are 1 at the end. */
const leading = (batch: readonly number[]): number => batch.findLastIndex(extent => extent !== 1) + 1;

const folded = (
  tf: Tf,
  multiply: Multiply,
  a: TfTensor,
  b: TfTensor,
  kept: number,
  shape: readonly number[],
): TfTensor => {
  const batch = a.shape.slice(0, kept);
  const rows = sizeOf(a.shape.slice(kept, -1));
  const left = tf.reshape(a, [...batch, rows, a.shape.at(-1)!]);
  const right = tf.reshape(b, [...batch, ...b.shape.slice(-2)]);
  return tf.reshape(multiply(tf, left, right), extents(shape));
};

const spread = (tf: Tf, x: TfTensor, batch: readonly number[]): TfTensor =>
  tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);

const sameExtents = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((extent, d) => extent === b[d]);

export const products = productsBy((tf, a, b, transA, transB) => tf.matMul(a, b, transA, transB));
