import type { Row } from '@secateur/core';
import { textFault } from './decode-text.js';

/**
 * The values of a JSON Lines text; empty lines are passed over.
 * @throws SecateurError E_TEXT_FORMAT with file and line
 */
export function* jsonLines(text: string, file: string): Iterable<Row> {
  let line = 0;
  for (const content of text.split('\n')) {
    const here = ++line;
    const place = () => `${file}:${here}`;
    if (content.trim() === '') continue;
    try {
      yield { value: JSON.parse(content), place };
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw textFault(
        place(),
        `is not JSON: ${cause.message}`,
        'Mend or take out the line: .jsonl has one whole record on each.',
      );
    }
  }
}

/**
 * The elements of a JSON array.
 * @throws SecateurError E_TEXT_FORMAT with the file, and the line where the parser gives it
 */
export const jsonRecords = (text: string, file: string): Iterable<Row> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const { message } = cause as SyntaxError;
    const position = /at position (\d+)/.exec(message)?.[1];
    const place = position === undefined ? file : `${file}:${lineOf(text, Number(position))}`;
    throw textFault(place, `is not JSON: ${message}`, perLineHint(text));
  }
  if (!Array.isArray(value)) throw textFault(`${file}:1`, 'is not an array of records', perLineHint(text));
  return value.map((element, i) => ({
    value: element,
    place: () => `${file}:${lineOf(text, startOf(text, i))}`,
  }));
};

const perLineHint = (text: string): string =>
  text.trimStart().startsWith('{')
    ? 'If it has a record on each line, let its name end in .jsonl.'
    : 'A .json file is an array of records: [{ "text": "..." }, ...].';

const lineOf = (text: string, position: number): number => text.slice(0, position).split('\n').length;

/** Where the element of that index begins in a JSON array: behind as many commas of the outermost level. */
const startOf = (text: string, index: number): number => {
  let depth = 0;
  let commas = 0;
  for (const { 0: token, index: at } of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/gs)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (token === ',' && depth === 1) commas++;
    if (depth >= 1 && commas === index && (token === ',' || token === '['))
      return at + 1 + blanksAt(text, at + 1);
  }
  return 0;
};

const blanksAt = (text: string, position: number): number => /^\s*/.exec(text.slice(position))![0].length;
