import { readFully, readTensor, withFile } from '@secateur/adapter-checkpoint-hf';
import { dequantiseRows, type QuantisedRef, SecateurError } from '@secateur/core';
import { type Shape, sizeOf, type TensorRef } from '@secateur/core/graph';
import { extents, type Tf, type TfTensor } from './kernels/kernel.js';

/** A weight of a file, and in which form it is read. */
export interface StoredWeight {
  readonly shape: Shape;
  readonly ref: TensorRef | QuantisedRef;
}

interface Held {
  readonly tensor: Promise<TfTensor>;
  readers: number;
}

/**
 * Weights on the device: each is read and uploaded once, whichever graphs read it, and goes with the last of them. Files
 * may hold halves; on the device they are float32.
 */
export class StoredWeights {
  readonly #held = new Map<string, Held>();

  constructor(private readonly tf: Tf) {}

  /**
   * The weight, for one more reader.
   * @throws SecateurError E_ENGINE when the file is gone or too short
   */
  take(weight: StoredWeight): Promise<TfTensor> {
    const key = keyOf(weight);
    const held = this.#held.get(key) ?? { tensor: this.#read(weight), readers: 0 };
    held.readers++;
    this.#held.set(key, held);
    return held.tensor;
  }

  /** One reader less. */
  async release(weight: StoredWeight): Promise<void> {
    const key = keyOf(weight);
    const held = this.#held.get(key);
    if (!held || --held.readers > 0) return;
    this.#held.delete(key);
    await held.tensor.then(
      tensor => tensor.dispose(),
      () => {},
    );
  }

  async #read({ shape, ref }: StoredWeight): Promise<TfTensor> {
    const elements = await elementsOf(ref, shape).catch(cause => {
      throw new SecateurError('E_ENGINE', `The weight file ${ref.file} cannot be read.`, { cause });
    });
    return this.tf.tensor(elements, extents(shape), 'float32');
  }
}

const keyOf = ({ shape, ref }: StoredWeight): string =>
  'values' in ref
    ? `${ref.file}:${ref.values.offset}:int8:${shape}`
    : `${ref.file}:${ref.offset}:${ref.dtype}:${shape}`;

const elementsOf = (ref: TensorRef | QuantisedRef, shape: Shape): Promise<Float32Array> =>
  'values' in ref ? dequantised(ref, shape) : readTensor(ref);

const dequantised = ({ file, values, scales }: QuantisedRef, shape: Shape): Promise<Float32Array> =>
  withFile(file, async source => {
    const matrix = { values: new Int8Array(sizeOf(shape)), scales: new Float32Array(shape[0]!) };
    for (const [array, { offset }] of [
      [matrix.values, values],
      [matrix.scales, scales],
    ] as const) {
      const bytes = new Uint8Array(array.buffer);
      if ((await readFully(source, bytes, offset)) < bytes.length) throw new Error(`${file} ends too early`);
    }
    return dequantiseRows(matrix);
  });
