import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, SecateurError } from '@secateur/core';
import { testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';

/** An empty folder that goes away with the test. */
export const temporaryFolder = async (t: ExecutionContext): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secateur-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/** A file of the development data, which lies beside the repository and is not part of it. */
export const sharedData = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));

/** `test`, or a test that is skipped and says why, where that development data is absent. */
export const testWith = (name: string) =>
  testIf<ExecutionContext>(test, existsSync(sharedData(name)), `${name} is absent`);

/** Asserts that an error of that code is thrown whose message matches. */
export const throwsCode = async (
  t: ExecutionContext,
  work: () => unknown,
  code: ErrorCode,
  message: RegExp = /./,
): Promise<void> => {
  const error = await t.throwsAsync<SecateurError>(async () => work(), {
    instanceOf: SecateurError,
    message,
  });
  t.is(error?.code, code);
};

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
