import { fault } from '../fault.js';

/** Fills a buffer from a position of the file; gives the number of bytes read. */
export type ReadAt = (buffer: Uint8Array, position: number) => number;

/** Bytes that are read from the file at a time. */
const WINDOW = 2 ** 20;

/** What stands before the tensors is no longer than this: the tokenizers of the largest vocabularies take a tenth of it. */
export const LONGEST_HEADER = 2 ** 28;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a file from its beginning, forwards, through a window. Nothing is allocated for bytes that the file does not
 * have. All numbers are little-endian.
 */
export class ByteCursor {
  #window = new Uint8Array();
  #view = new DataView(this.#window.buffer);
  /** Where the window begins in the file. */
  #start = 0;
  /** The next byte, in the window. */
  #at = 0;

  constructor(
    readonly file: string,
    readonly size: number,
    private readonly readAt: ReadAt,
  ) {}

  get position(): number {
    return this.#start + this.#at;
  }

  /** Bytes of the file that are left. */
  get left(): number {
    return this.size - this.position;
  }

  u8(): number {
    const at = this.#take(1);
    return this.#view.getUint8(at);
  }
  i8(): number {
    const at = this.#take(1);
    return this.#view.getInt8(at);
  }
  u16(): number {
    const at = this.#take(2);
    return this.#view.getUint16(at, true);
  }
  i16(): number {
    const at = this.#take(2);
    return this.#view.getInt16(at, true);
  }
  u32(): number {
    const at = this.#take(4);
    return this.#view.getUint32(at, true);
  }
  i32(): number {
    const at = this.#take(4);
    return this.#view.getInt32(at, true);
  }
  f32(): number {
    const at = this.#take(4);
    return this.#view.getFloat32(at, true);
  }
  f64(): number {
    const at = this.#take(8);
    return this.#view.getFloat64(at, true);
  }
  u64(): bigint {
    const at = this.#take(8);
    return this.#view.getBigUint64(at, true);
  }
  i64(): bigint {
    const at = this.#take(8);
    return this.#view.getBigInt64(at, true);
  }

  /**
   * A number of things that take at least `bytes` each.
   * @throws SecateurError E_GGUF when the rest of the file cannot hold them
   */
  count(what: string, bytes: number): number {
    const count = this.u64();
    if (count * BigInt(bytes) > BigInt(this.left))
      throw fault(this.file, `says that it has ${count} ${what}, but ${this.left} bytes are left`);
    return Number(count);
  }

  /** @throws SecateurError E_GGUF when it is longer than the file, or is not UTF-8 */
  string(what: string): string {
    const length = this.count(`bytes in ${what}`, 1);
    const from = this.#take(length);
    try {
      return utf8.decode(this.#window.subarray(from, from + length));
    } catch {
      throw fault(this.file, `has ${what} that is not UTF-8`);
    }
  }

  /** Moves behind the next `bytes` bytes and gives their place in the window. */
  #take(bytes: number): number {
    if (this.#at + bytes > this.#window.length) this.#fill(bytes);
    const from = this.#at;
    this.#at += bytes;
    return from;
  }

  #fill(bytes: number): void {
    const { position, left } = this;
    if (bytes > left) throw fault(this.file, `ends at byte ${this.size}, inside its header`);
    if (position + bytes > LONGEST_HEADER)
      throw fault(this.file, `has a header of more than ${LONGEST_HEADER} bytes, expected less`);
    const window = new Uint8Array(Math.min(Math.max(bytes, WINDOW), left));
    const done = this.readAt(window, position);
    if (done < bytes) throw fault(this.file, `ends at byte ${position + done}, inside its header`);
    this.#window = window.subarray(0, done);
    this.#view = new DataView(window.buffer, 0, done);
    this.#start = position;
    this.#at = 0;
  }
}
