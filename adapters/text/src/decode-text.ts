import { constants } from 'node:buffer';
import { SecateurError } from '@secateur/core';

/** Bytes that surely fit into one string. */
export const LARGEST_TEXT = constants.MAX_STRING_LENGTH;

/**
 * UTF-8 bytes as text, without a byte order mark; line ends stay as they are.
 * @throws SecateurError E_TEXT_FORMAT for what is not UTF-8 or holds NUL bytes, with the line
 */
export const decodeText = (bytes: Buffer, file: string): string => {
  if (bytes.length > LARGEST_TEXT)
    throw textFault(
      file,
      `has ${bytes.length} bytes, expected at most ${LARGEST_TEXT}`,
      'Split it into several sources.',
    );
  const nul = bytes.indexOf(0);
  if (nul !== -1)
    throw textFault(`${file}:${lineAt(bytes, nul)}`, 'holds a NUL byte, expected text in UTF-8', convertHint);
  try {
    return decode(bytes);
  } catch {
    throw textFault(`${file}:${firstBadLine(bytes)}`, 'is not UTF-8', convertHint);
  }
};

const convertHint = 'Convert it to UTF-8, for example with iconv.';

const decode = (bytes: Buffer): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

const NEW_LINE = 0x0a;

const lineAt = (bytes: Buffer, position: number): number => {
  let line = 1;
  for (let at = bytes.indexOf(NEW_LINE); at !== -1 && at < position; at = bytes.indexOf(NEW_LINE, at + 1))
    line++;
  return line;
};

/** No UTF-8 sequence contains a line feed, so lines can be judged one by one. */
const firstBadLine = (bytes: Buffer): number => {
  let start = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(NEW_LINE, start);
    try {
      decode(bytes.subarray(start, end === -1 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end === -1) return line;
    start = end + 1;
  }
};

/** An error about the content of a text file; the sentence begins with the place. */
export const textFault = (place: string, finding: string, hint?: string): SecateurError =>
  new SecateurError('E_TEXT_FORMAT', `${place} ${finding}.`, hint === undefined ? {} : { hint });
