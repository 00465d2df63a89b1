/** Text as a terminal shows it. */
import { stripVTControlCharacters } from 'node:util';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const controls = /[\u0000-\u001f\u007f-\u009f]+/g;
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const zero = /\p{Mark}|[\u200b-\u200f]/u;

/** One line without control characters: names and notes may come from files, which must not steer the terminal. */
export const clean = (text: string): string => stripVTControlCharacters(text).replace(controls, ' ').trim();

/** Columns of one code point. */
const columnsOf = (character: string): number => (zero.test(character) ? 0 : wide.test(character) ? 2 : 1);

/** Columns that clean text takes. */
export const displayWidth = (text: string): number => {
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
};

/** The text itself, or its beginning with `…`, in at most `columns` columns. */
export const truncate = (text: string, columns: number): string => {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let used = 1;
  for (const character of text) {
    used += columnsOf(character);
    if (used > columns) break;
    kept += character;
  }
  return columns > 0 ? `${kept}…` : '';
};
