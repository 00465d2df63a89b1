import { readFile, stat } from 'node:fs/promises';
import { type ErrorCode, SecateurError } from '@secateur/core';
import { nestsDeeper } from './json-structure.js';
import { shown } from './shown.js';

/** More than any configuration or index has; such a file is an attack or damage. */
const LARGEST = 100_000_000;
const DEEPEST = 64;

/**
 * Reads a file that holds one JSON object.
 * @throws SecateurError with the code given, when the file is missing or holds something else
 */
export const readJsonObject = async (file: string, code: ErrorCode): Promise<Record<string, unknown>> => {
  const refuse = (finding: string, cause?: unknown): SecateurError =>
    new SecateurError(code, `${file} ${finding}.`, { cause, hint: 'Fetch the file again.' });
  const bytes = await readSmall(file, code);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refuse('is not UTF-8', cause);
  }
  if (nestsDeeper(text, DEEPEST)) throw refuse(`nests deeper than ${DEEPEST} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse(`is not JSON: ${shown((cause as Error).message)}`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(`holds ${Array.isArray(value) ? 'an array' : shown(String(value))}, expected an object`);
  return value as Record<string, unknown>;
};

const readSmall = async (file: string, code: ErrorCode): Promise<Uint8Array> => {
  let size: number;
  try {
    const status = await stat(file);
    size = status.isFile() ? status.size : 0;
    // A pipe would be waited for for ever.
    if (!status.isFile()) throw new Error('no regular file');
    if (size <= LARGEST) return await readFile(file);
  } catch (cause) {
    throw new SecateurError(code, `${file} cannot be read.`, {
      cause,
      hint: 'Check that the folder is complete.',
    });
  }
  throw new SecateurError(code, `${file} has ${size} bytes, expected at most ${LARGEST}.`, {
    hint: 'Fetch the file again.',
  });
};
