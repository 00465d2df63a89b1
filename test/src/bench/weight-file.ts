import { closeSync, openSync, writeSync } from 'node:fs';
import type { Shape, TensorRef } from '@secateur/core/graph';
import { sizeOf } from '@secateur/core/graph';

/**
 * A file of random weights, written as they are asked for, laid out like safetensors: a header, then float32 data.
 * Every tensor differs: onnxruntime merges equal weights, which makes a benchmark look better than it is.
 */
export class WeightFile {
  readonly #file: string;
  readonly #descriptor: number;
  #end = 8;
  #state = 0x2545f491;

  constructor(file: string) {
    this.#file = file;
    this.#descriptor = openSync(file, 'w');
    writeSync(this.#descriptor, Buffer.alloc(this.#end));
  }

  /** Bytes so far. */
  get byteLength(): number {
    return this.#end;
  }

  /** Writes a tensor, uniform with standard deviation 0.02; a vector is a norm's weight and is 1 on average. */
  add(shape: Shape): TensorRef {
    const mean = shape.length === 1 ? 1 : 0;
    const data = Float32Array.from(
      { length: sizeOf(shape) },
      () => mean + this.#uniform() * 0.02 * Math.sqrt(3),
    );
    const offset = this.#end;
    writeSync(this.#descriptor, data, 0, data.byteLength, offset);
    this.#end += data.byteLength;
    return { file: this.#file, offset, byteLength: data.byteLength, dtype: 'F32', shape };
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** In [-1, 1), by xorshift: a billion numbers are needed for the largest size. */
  #uniform(): number {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#state = s;
    return s / 0x80000000;
  }
}
