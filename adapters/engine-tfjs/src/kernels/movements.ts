import { extents, type Kernel } from './kernel.js';

const slice: Kernel = (tf, [x], attributes) => {
  const { axis, start, end } = attributes as { axis: number; start: number; end: number };
  const begin = x!.shape.map((_, d) => (d === axis ? start : 0));
  return tf.slice(x!, begin, x!.shape.with(axis, end - start));
};

export const movements: Readonly<Record<string, Kernel>> = {
  Transpose: (tf, [x], { perm }) => tf.transpose(x!, extents(perm as readonly number[])),
  Reshape: (tf, [x], _, { shape }) => tf.reshape(x!, extents(shape)),
  Expand: (tf, [x], _, { shape }) => tf.broadcastTo(x!, extents(shape)),
  Concat: (tf, inputs, { axis }) =>
    tf.concat(
      inputs.map(input => input!),
      axis as number,
    ),
  Slice: slice,
  Gather: (tf, [table, ids]) => tf.gather(table!, ids!, 0),
  // Asked for floats, the kernel in WebAssembly writes the bits of whole numbers.
  OneHot: (tf, [ids], { depth }) => tf.cast(tf.oneHot(ids!, depth as number), 'float32'),
};
