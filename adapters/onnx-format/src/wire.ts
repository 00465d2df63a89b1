import type { FileHandle } from 'node:fs/promises';
import protobuf from 'protobufjs';
import { fault } from './fault.js';

/** A field of a protobuf message that lies in a file. */
export interface WireField {
  readonly number: number;
  /** 0: a number; 1 and 5: eight and four bytes; 2: bytes of a length that stands before them. */
  readonly wire: 0 | 1 | 2 | 5;
  /** First byte of the field, tag and all. */
  readonly start: number;
  /** First byte of its content. */
  readonly from: number;
  readonly to: number;
  /** Of wire type 0. */
  readonly value: number;
}

/** A tag takes at most 5 bytes, a number or length at most 10. */
const LONGEST_HEAD = 15;
/** One read call may not ask for 2 GiB or more. */
const LARGEST_READ = 2 ** 30;
/** Read at a time where fields are small. */
const PAGE = 64 * 2 ** 10;

/** A file of protobuf messages, walked without reading what is not asked for: a model may be larger than the memory. */
export class WireFile {
  #page: Uint8Array = new Uint8Array();
  #at = 0;

  constructor(
    private readonly handle: FileHandle,
    readonly file: string,
    readonly size: number,
  ) {}

  /** The fields of the message between two places, in order. @throws SecateurError E_ONNX */
  async *fields(from: number, to: number): AsyncGenerator<WireField> {
    for (let at = from; at < to; ) {
      const field = this.#field(await this.#head(at, to), at, to);
      yield field;
      at = field.to;
    }
  }

  /** The bytes between two places of the file. */
  async bytes(from: number, to: number): Promise<Uint8Array> {
    return this.#cached(from, to) ?? this.#read(from, to);
  }

  async #head(at: number, to: number): Promise<Uint8Array> {
    const end = Math.min(at + LONGEST_HEAD, to);
    const known = this.#cached(at, end);
    if (known) return known;
    this.#page = await this.#read(at, Math.min(at + PAGE, this.size));
    this.#at = at;
    return this.#page.subarray(0, end - at);
  }

  /** A part of the page, if it is there. A page is never written again. */
  #cached(from: number, to: number): Uint8Array | undefined {
    const start = from - this.#at;
    return start >= 0 && to - this.#at <= this.#page.length
      ? this.#page.subarray(start, to - this.#at)
      : undefined;
  }

  async #read(from: number, to: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(to - from);
    for (let done = 0; done < bytes.length; ) {
      const length = Math.min(bytes.length - done, LARGEST_READ);
      const { bytesRead } = await this.handle.read(bytes, done, length, from + done);
      if (bytesRead === 0) throw fault(this.file, `ends at byte ${from + done}, expected ${this.size} bytes`);
      done += bytesRead;
    }
    return bytes;
  }

  #field(head: Uint8Array, at: number, to: number): WireField {
    const reader = protobuf.Reader.create(head);
    try {
      const tag = reader.uint32();
      const [number, wire] = [tag >>> 3, tag & 7];
      if (number === 0 || (wire > 2 && wire !== 5)) throw new RangeError(`tag ${tag}`);
      const value = wire === 0 || wire === 2 ? Number(reader.uint64()) : 0;
      const from = at + reader.pos;
      const length = wire === 0 ? 0 : wire === 1 ? 8 : wire === 5 ? 4 : value;
      if (!(length <= to - from)) throw new RangeError(`${length} bytes of ${to - from}`);
      return { number, wire: wire as WireField['wire'], start: at, from, to: from + length, value };
    } catch (cause) {
      throw fault(this.file, `is damaged at byte ${at}: there is no field of a protobuf`, {
        cause,
        hint: 'Check that this is an ONNX model, and fetch or export it again.',
      });
    }
  }
}
