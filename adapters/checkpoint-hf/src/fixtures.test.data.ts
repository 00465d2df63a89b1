import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';

/** A file of the development data, which lies beside the repository and is not part of it. */
export const sharedData = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));

/** `test`, or a test that is skipped and says why, where that development data is absent. */
export const testWith = (name: string) =>
  testIf<ExecutionContext>(test, existsSync(sharedData(name)), `${name} is absent`);

/** Bytes of a safetensors file with any header and any data. */
export const safetensorsBytes = (header: unknown, data: Uint8Array = new Uint8Array()): Buffer => {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, data]);
};

/** Writes such a file and returns its path. */
export const writeRaw = async (
  folder: string,
  header: unknown,
  data?: Uint8Array,
  name = 'model.safetensors',
): Promise<string> => {
  const file = path.join(folder, name);
  await writeFile(file, safetensorsBytes(header, data));
  return file;
};
