import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Runtime, SecateurError } from '@secateur/core';
import { hasOwnCode, isModelFolder } from './model-folder.js';
import { type PythonResult, runPython } from './python.js';

export interface TransformersOptions {
  /** Default: $SECATEUR_PYTHON, or `python3`. */
  readonly python?: string;
  /** Milliseconds for the versions. Default one minute: the first import of torch is slow. */
  readonly statusTimeout?: number;
  /** Milliseconds for the next tokens of all prompts. Default ten minutes. */
  readonly timeout?: number;
}

const SCRIPT = fileURLToPath(new URL('../python/next_tokens.py', import.meta.url));
const HINT = 'pip install torch transformers, and set SECATEUR_PYTHON to the python that has them';

/** transformers in a Python process of its own, in float32. Nothing is fetched, and no code runs but secateur's. */
export const createTransformersRuntime = ({
  python = process.env.SECATEUR_PYTHON || 'python3',
  statusTimeout = 60_000,
  timeout = 600_000,
}: TransformersOptions = {}): Runtime => ({
  recognises: isModelFolder,

  async status() {
    const result = await runPython([SCRIPT, '--versions'], { python, timeout: statusTimeout });
    if (result.failure) return { missing: `${whyNot(python, result, statusTimeout)}: ${HINT}` };
    const versions = parseVersions(result.output.toString('utf8'));
    return versions === undefined
      ? { missing: `${python} does not say its versions of torch and transformers: ${HINT}` }
      : { version: versions };
  },

  async nextTokens(artefact, prompts, signal) {
    if (prompts.length === 0) return [];
    const request = { folder: artefact, prompts, own_code: await hasOwnCode(artefact) };
    // transformers copies a folder's code before it imports it.
    const modules = await mkdtemp(path.join(tmpdir(), 'secateur-modules-'));
    try {
      const result = await runPython([SCRIPT], {
        python,
        line: JSON.stringify(request),
        timeout,
        signal,
        env: { HF_MODULES_CACHE: modules },
      });
      signal?.throwIfAborted();
      if (result.failure)
        throw new SecateurError(
          'E_VERIFY',
          `transformers does not open ${artefact}: ${whyNot(python, result, timeout)}`,
          { hint: result.failure === 'missing' ? HINT : 'docs/formats.md says what opens which shape' },
        );
      return rowsOf(result.output, prompts.length, artefact);
    } finally {
      await rm(modules, { recursive: true, force: true });
    }
  },
});

const whyNot = (python: string, { failure, lastLine }: PythonResult, timeout: number): string => {
  if (failure === 'missing') return `${python} cannot be started`;
  if (failure === 'timeout') return `${python} gave no answer within ${timeout / 1000} seconds`;
  return lastLine === '' ? `${python} failed without a word` : lastLine;
};

const parseVersions = (text: string): string | undefined => {
  try {
    const { transformers, torch } = JSON.parse(text);
    return typeof transformers === 'string' && typeof torch === 'string'
      ? `${transformers}, torch ${torch}`
      : undefined;
  } catch {
    return undefined;
  }
};

/** float32, little-endian, one row for each prompt. */
const rowsOf = (bytes: Buffer, rows: number, artefact: string): readonly Float32Array[] => {
  const vocabulary = bytes.byteLength / 4 / rows;
  if (vocabulary === 0 || !Number.isInteger(vocabulary))
    throw new SecateurError(
      'E_VERIFY',
      `transformers gave ${bytes.byteLength} bytes for ${artefact}, expected a float32 row for each of ${rows} prompts`,
      { hint: 'look whether the python of SECATEUR_PYTHON is one' },
    );
  return Array.from({ length: rows }, (_, row) =>
    Float32Array.from({ length: vocabulary }, (__, i) => bytes.readFloatLE(4 * (row * vocabulary + i))),
  );
};
