import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import {
  readElements,
  readSafetensorsHeader,
  tensorOf,
  writeSafetensors,
} from '@secateur/adapter-checkpoint-hf';
import { type Bundle, SecateurError } from '@secateur/core';
import { plainJson } from './plain-json.js';

/** Raised when the meaning of the file changes. */
const version = '1';

type Tensors = Bundle['tensors'];

/**
 * Writes a bundle as one safetensors file, so that one rename makes JSON and tensors visible together. Its
 * `__metadata__` holds `json`, `names` (the order of the tensors, which the format does not keep) and `sha256` over
 * all of the content. Tensors have rank 1, F32 or F64 as their arrays are.
 */
export const writeBundle = async (file: string, { json, tensors }: Bundle): Promise<void> => {
  const text = plainJson(json);
  const names = Object.keys(tensors);
  await writeSafetensors(
    file,
    names.map(name => tensorOf(name, [tensors[name]!.length], tensors[name]!)),
    { secateur: version, json: text, names: JSON.stringify(names), sha256: digest(text, tensors) },
  );
};

/**
 * The bundle in a file; undefined when there is no such file.
 * @throws SecateurError E_RESUME when the content is not exactly what was written
 */
export const readBundle = async (file: string): Promise<Bundle | undefined> => {
  if (!(await exists(file))) return undefined;
  try {
    const { metadata, tensors: entries } = await readSafetensorsHeader(file);
    if (metadata.secateur !== version)
      throw new Error(`it has the version ${metadata.secateur ?? 'of no bundle'}, expected ${version}`);
    const { json = '', names = '[]', sha256 } = metadata;
    const tensors: Record<string, Float32Array | Float64Array> = {};
    for (const name of JSON.parse(names) as string[]) {
      const entry = entries.get(name);
      if (!entry) throw new Error(`it lacks the tensor "${name}"`);
      const elements = await readElements(entry);
      if (!(elements instanceof Float32Array || elements instanceof Float64Array))
        throw new Error(`its tensor "${name}" is ${entry.dtype}, expected F32 or F64`);
      tensors[name] = elements;
    }
    if (digest(json, tensors) !== sha256) throw new Error('its content does not match its checksum');
    return { json: JSON.parse(json), tensors };
  } catch (cause) {
    throw new SecateurError('E_RESUME', `The checkpoint ${file} is damaged: ${reason(cause)}.`, {
      hint: 'Start the run anew with --force.',
      cause,
    });
  }
};

/** sha256 (hex) over the JSON text, then name, type, length and bytes of each tensor in order. */
const digest = (json: string, tensors: Tensors): string => {
  const hash = createHash('sha256').update(`${JSON.stringify(json)}\n`);
  for (const [name, data] of Object.entries(tensors)) {
    hash.update(`${JSON.stringify(name)} ${data.BYTES_PER_ELEMENT} ${data.length}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
};

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );

const reason = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
