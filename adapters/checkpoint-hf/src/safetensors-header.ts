import { realpath } from 'node:fs/promises';
import { SecateurError } from '@secateur/core';
import { type Shape, sizeOf, type TensorRef } from '@secateur/core/graph';
import { outlineFault } from './header-outline.js';
import { duplicateKey } from './json-structure.js';
import { withFile } from './open-file.js';
import { type ByteSource, readFully } from './read-fully.js';
import { shown, shownValue } from './shown.js';
import { byteLengthOf, isSafetensorsDType, type SafetensorsDType, safetensorsDTypes } from './stored-type.js';

/** A tensor in a safetensors file: a `TensorRef`, of any element type that the format knows. */
export interface SafetensorsEntry extends Omit<TensorRef, 'dtype'> {
  readonly dtype: SafetensorsDType;
}

export interface SafetensorsHeader {
  /** Absolute path, links resolved. */
  readonly file: string;
  /** The free `__metadata__` map; empty when there is none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
}

/** The limit of the reference implementation; a longer header is an attack or damage. */
const LONGEST_HEADER = 100_000_000;

/**
 * Reads the header of a safetensors file and checks all of it against the file's size: an 8-byte little-endian length,
 * that many bytes of JSON, then the data, which the tensors must cover without overlap, hole or rest.
 * @throws SecateurError E_MODEL_NOT_FOUND, E_SAFETENSORS
 */
export const readSafetensorsHeader = async (file: string): Promise<SafetensorsHeader> => {
  const resolved = await realpath(file).catch(cause => {
    throw new SecateurError('E_MODEL_NOT_FOUND', `The file ${file} does not exist.`, {
      cause,
      hint: 'Check that the download is complete: every file that an index names must be in the folder.',
    });
  });
  return withFile(resolved, async handle => readHeader(handle, resolved, (await handle.stat()).size));
};

/**
 * The same of any source of bytes.
 * @param file stands in references and errors
 * @param size of the source in bytes
 * @throws SecateurError E_SAFETENSORS
 */
export const readHeader = async (
  source: ByteSource,
  file: string,
  size: number,
): Promise<SafetensorsHeader> => {
  const { text, dataStart } = await readHeaderText(source, file, size);
  return parseHeader(text, file, dataStart, size);
};

const readHeaderText = async (source: ByteSource, file: string, size: number) => {
  const prefix = new Uint8Array(8);
  if ((await readFully(source, prefix, 0)) < 8)
    throw damaged(file, `has ${size} bytes, expected at least 8 for the length of its header`);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > BigInt(LONGEST_HEADER))
    throw damaged(file, `says that its header has ${length} bytes, expected at most ${LONGEST_HEADER}`);
  const dataStart = 8 + Number(length);
  if (dataStart > size)
    throw damaged(file, `says that its header ends at byte ${dataStart}, but the file has ${size} bytes`);
  const bytes = new Uint8Array(Number(length));
  if ((await readFully(source, bytes, 8)) < bytes.length)
    throw damaged(file, 'ended while its header was read');
  if (bytes[0] !== 0x7b) throw damaged(file, 'has a header that does not begin with "{"');
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), dataStart };
  } catch (cause) {
    throw damaged(file, 'has a header that is not UTF-8', cause);
  }
};

const parseHeader = (text: string, file: string, dataStart: number, size: number): SafetensorsHeader => {
  const fault = outlineFault(text);
  if (fault !== undefined) throw damaged(file, fault);
  let header: object;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw damaged(file, 'has a header that is not JSON', cause);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw damaged(file, `has ${shownValue(twice)} twice in its header`);

  let metadata: SafetensorsHeader['metadata'] = {};
  const tensors = new Map<string, SafetensorsEntry>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') metadata = parseMetadata(entry, file);
    else tensors.set(name, parseEntry(name, entry, file, dataStart));
  }
  checkCoverage(tensors, file, dataStart, size);
  return { file, metadata, tensors };
};

const parseMetadata = (value: unknown, file: string): Readonly<Record<string, string>> => {
  if (!isRecord(value) || Object.values(value).some(text => typeof text !== 'string'))
    throw damaged(file, 'has a __metadata__ that is not a map of strings');
  return value as Record<string, string>;
};

const parseEntry = (key: string, value: unknown, file: string, dataStart: number): SafetensorsEntry => {
  const name = shown(key);
  if (!isRecord(value)) throw damaged(file, `describes ${name} by something that is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isSafetensorsDType(dtype))
    throw damaged(
      file,
      `gives ${name} the unknown element type ${shownValue(dtype)}, expected one of ${safetensorsDTypes.join(', ')}`,
    );
  if (!isShape(shape))
    throw damaged(file, `gives ${name} the shape ${shownValue(shape)}, expected a list of counts`);
  if (!isCountList(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    throw damaged(
      file,
      `gives ${name} the offsets ${shownValue(offsets)}, expected where it begins and ends`,
    );
  const [begin, end] = offsets as [number, number];
  const byteLength = byteLengthOf(dtype, shape);
  if (end - begin !== byteLength)
    throw damaged(
      file,
      `gives ${name} ${end - begin} bytes, but ${dtype} of shape ${shown(`[${shape.join(', ')}]`)} takes ${byteLength}`,
    );
  return { file, offset: dataStart + begin, byteLength, dtype, shape };
};

/** Every byte of the data belongs to exactly one tensor. */
const checkCoverage = (
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  file: string,
  dataStart: number,
  size: number,
): void => {
  const ordered = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.byteLength - b.byteLength);
  let covered = dataStart;
  for (const [key, { offset, byteLength }] of ordered) {
    const name = shown(key);
    if (offset < covered) throw damaged(file, `has ${name} overlap the tensor before it`);
    if (offset > covered) throw damaged(file, `has a hole of ${offset - covered} bytes before ${name}`);
    covered = offset + byteLength;
    if (covered > size)
      throw damaged(file, `has ${size} bytes, but ${name} ends at ${covered}: the file is cut short`);
  }
  if (covered < size) throw damaged(file, `has ${size - covered} bytes that belong to no tensor`);
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCountList = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(item => Number.isSafeInteger(item) && item >= 0);

const isShape = (value: unknown): value is Shape =>
  isCountList(value) && Number.isSafeInteger(sizeOf(value) * 8);

/** An error about a safetensors file; the sentence begins with its path. */
export const damaged = (file: string, finding: string, cause?: unknown): SecateurError =>
  new SecateurError('E_SAFETENSORS', `${file} ${finding}.`, {
    hint: 'Fetch the file again and compare its checksum with the publisher’s.',
    ...(cause === undefined ? {} : { cause }),
  });
