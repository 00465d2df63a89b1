import { readFile } from 'node:fs/promises';
import { type ErrorCode, SecateurError } from '@secateur/core';

/**
 * Reads a file that holds one JSON object.
 * @throws SecateurError with the code given, when the file is missing or holds something else
 */
export const readJsonObject = async (file: string, code: ErrorCode): Promise<Record<string, unknown>> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new SecateurError(code, `${file} cannot be read.`, {
      cause,
      hint: 'Check that the folder is complete.',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SecateurError(code, `${file} is not JSON: ${(cause as Error).message}.`, {
      cause,
      hint: 'Fetch the file again.',
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SecateurError(
      code,
      `${file} holds ${Array.isArray(value) ? 'an array' : String(value)}, expected an object.`,
      { hint: 'Fetch the file again.' },
    );
  return value as Record<string, unknown>;
};
