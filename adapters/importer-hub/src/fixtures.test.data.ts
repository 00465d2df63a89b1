import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ErrorCode, type ImportOptions, SecateurError } from '@secateur/core';
import type { ExecutionContext } from 'ava';
import { createHubImporter, type HubImporterOptions } from './hub-importer.js';
import { COMMIT, type Hub } from './hub-server.test.data.js';

/** An empty folder that goes away with the test. */
export const temporaryFolder = async (t: ExecutionContext): Promise<string> => {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'secateur-')));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/** Asserts that an error of that code is thrown whose message matches, and that it tells the next step. */
export const throwsCode = async (
  t: ExecutionContext,
  work: () => Promise<unknown>,
  message: RegExp,
  hint: RegExp = /./,
  code: ErrorCode = 'E_HUB',
): Promise<void> => {
  const error = await t.throwsAsync<SecateurError>(work, { instanceOf: SecateurError, message });
  t.is(error?.code, code);
  t.regex(error?.hint ?? '', hint);
  t.regex(error?.message ?? '', /^[^\n]*\.$/, 'one sentence');
};

/** Weights whose bytes differ from place to place. */
export const weights = (bytes: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => i * 7 + (i >> 8)));

export const modelFiles = (): Record<string, Buffer> => ({
  'README.md': Buffer.from('not needed'),
  'config.json': Buffer.from('{"model_type":"llama"}'),
  'model.safetensors': weights(300_000),
  'pytorch_model.bin': weights(200),
  'tokenizer.json': Buffer.from('{}'),
  'tokenizer_config.json': Buffer.alloc(0),
  LICENSE: Buffer.from('free'),
});

/** Asks this hub, keeps its cache in this folder, does not wait, and notes what is told. */
export const optionsFor = (hub: Hub, cache: string, environment: Record<string, string> = {}) => {
  const notices: string[] = [];
  const options: HubImporterOptions = {
    delays: [1, 1, 1],
    log: (level, message) => notices.push(`${level}: ${message}`),
    environment: { HF_ENDPOINT: hub.endpoint, HF_HOME: cache, ...environment },
  };
  return { notices, options };
};

export const importerOf = (...setting: Parameters<typeof optionsFor>) => {
  const { notices, options } = optionsFor(...setting);
  const importer = createHubImporter(options);
  return {
    notices,
    folder: (model = 'hf:owner/name', asked: Partial<ImportOptions> = {}) =>
      importer.folder(model, { cache: '/unused', ...asked }),
  };
};

/** Folder of the one model in such a cache. */
export const storage = (cache: string): string => path.join(cache, 'hub', 'models--owner--name');
export const snapshotOf = (cache: string, commit = COMMIT): string =>
  path.join(storage(cache), 'snapshots', commit);
