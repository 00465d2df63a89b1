import { sizeOf } from '@secateur/core/graph';
import { extents, type Kernel, type Tf, type TfTensor } from './kernel.js';
import { type Multiply, productsBy } from './products.js';

/** Operations of one product above which it is worth a call of its own; below, a call costs more than the slow kernel. */
const LARGE = 8e6;

/**
 * The backend multiplies two plain matrices ten times as fast as transposed ones, and as the matrices of a batch: operands
 * are transposed first, and large products of a batch are called for one by one.
 */
const multiply: Multiply = (tf, a, b, transA, transB) => {
  const [left, right] = [transA ? tf.transpose(a) : a, transB ? tf.transpose(b) : b];
  const operations = 2 * sizeOf(left.shape.slice(-2)) * right.shape.at(-1)!;
  if (left.rank === 2 || operations < LARGE) return tf.matMul(left, right);
  const batch = left.shape.slice(0, -2);
  const [lefts, rights] = [matrices(tf, left), matrices(tf, right)];
  const found = tf.stack(lefts.map((matrix, i) => tf.matMul(matrix, rights[i]!)));
  return tf.reshape(found, [...batch, ...found.shape.slice(-2)]);
};

const matrices = (tf: Tf, x: TfTensor): TfTensor[] =>
  tf.unstack(tf.reshape(x, [sizeOf(x.shape.slice(0, -2)), ...x.shape.slice(-2)]));

/** Sums broadcast fast; tiling, which `broadcastTo` is made of, does not. */
const expand: Kernel = (tf, [x], _, { shape }) => tf.add(tf.zeros(extents(shape), x!.dtype), x!);

/** Of more than four axes slices are taken in JavaScript: those beside the one that is cut become two. */
const slice: Kernel = (tf, [x], attributes, { shape }) => {
  const { axis, start, end } = attributes as { axis: number; start: number; end: number };
  const [outer, inner] = [sizeOf(x!.shape.slice(0, axis)), sizeOf(x!.shape.slice(axis + 1))];
  const flat = tf.reshape(x!, [outer, x!.shape[axis]!, inner]);
  return tf.reshape(tf.slice(flat, [0, start, 0], [outer, end - start, inner]), extents(shape));
};

/** What the backend in WebAssembly does fast, instead of what it does slowly. */
export const inWasm: Readonly<Record<string, Kernel>> = {
  ...productsBy(multiply),
  Expand: expand,
  Slice: slice,
};
