import { sizeOf, type Value } from '@secateur/core/graph';
import { extents, type Tf, type TfTensor } from './kernels/kernel.js';

/** Elements of a tensor before it is on the device. */
export type Elements = ArrayLike<number> | BigInt64Array;

/** A tensor on the device: floats in 32 bits, whole numbers in 32 bits as well, which is what TensorFlow.js has. */
export const upload = (tf: Tf, { dtype, shape }: Pick<Value, 'dtype' | 'shape'>, data: Elements): TfTensor =>
  dtype === 'float'
    ? tf.tensor(Float32Array.from(data as ArrayLike<number>), extents(shape), 'float32')
    : tf.tensor(
        Int32Array.from({ length: sizeOf(shape) }, (_, i) => Number(data[i])),
        extents(shape),
        'int32',
      );
