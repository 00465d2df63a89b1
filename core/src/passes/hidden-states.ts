import { type Shape, sizeOf } from '../graph/graph.js';
import type { Tensor } from '../ports/engine.js';
import type { Scratch } from '../ports/run-store.js';

/** Bytes of hidden states that are kept in memory where there is a scratch folder for the rest. */
export const hiddenBytes = 2 ** 30;

export interface HiddenStatesOptions {
  /** Where the rest goes. Default: nowhere, everything stays in memory. */
  readonly scratch?: Scratch | undefined;
  /** Default {@link hiddenBytes}. */
  readonly memory?: number | undefined;
}

/** A float tensor, as hidden states and their gradients are. */
interface Floats {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array;
}

/** Hidden states of many batches at many places of a graph: in memory up to a bound, the rest on the disk. */
export class HiddenStates {
  readonly #kept = new Map<string, Floats>();
  readonly #spilled = new Map<string, { readonly shape: Shape; readonly doubles: boolean }>();
  readonly #scratch: Scratch | undefined;
  readonly #memory: number;
  #bytes = 0;

  constructor({ scratch, memory = hiddenBytes }: HiddenStatesOptions = {}) {
    this.#scratch = scratch;
    this.#memory = memory;
  }

  /** Keeps a float tensor; it must not be changed afterwards. */
  async put(place: string, batch: number, tensor: Tensor): Promise<void> {
    const key = keyOf(place, batch);
    const { shape, data } = tensor as Floats;
    if (!this.#scratch || this.#bytes + data.byteLength <= this.#memory) {
      this.#kept.set(key, { shape, data });
      this.#bytes += data.byteLength;
      return;
    }
    await this.#scratch.write(key, data);
    this.#spilled.set(key, { shape, doubles: data instanceof Float64Array });
  }

  /** Throws a plain Error for what was not put there, or was taken. */
  async get(place: string, batch: number): Promise<Tensor> {
    const key = keyOf(place, batch);
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const spilled = this.#spilled.get(key);
    if (!spilled) throw new Error(`no hidden states of batch ${batch} are kept at "${place}"`);
    const { shape, doubles } = spilled;
    const data = doubles ? new Float64Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
    await this.#scratch!.read(key, data);
    return { shape, data };
  }

  /** The same, for the last time. */
  async take(place: string, batch: number): Promise<Tensor> {
    const tensor = await this.get(place, batch);
    await this.#forget(keyOf(place, batch));
    return tensor;
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    for (const key of [...this.#kept.keys(), ...this.#spilled.keys()]) await this.#forget(key);
  }

  async #forget(key: string): Promise<void> {
    this.#bytes -= this.#kept.get(key)?.data.byteLength ?? 0;
    this.#kept.delete(key);
    if (this.#spilled.delete(key)) await this.#scratch!.remove(key);
  }
}

const keyOf = (place: string, batch: number): string => `${batch} ${place}`;
