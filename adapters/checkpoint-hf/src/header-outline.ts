import { endOfString } from './json-structure.js';
import { shown } from './shown.js';

/** The shortest way to describe a tensor. */
const SHORTEST = '"":{"dtype":"U8","shape":[],"data_offsets":[0,0]}'.length;

/**
 * What is wrong with the outline of a header: objects within one object, lists within those, and no more of them than
 * there is room for. Asked before the text is parsed, since other JSON takes up to thirty times its size in memory.
 * @returns a clause of which the file is the subject; undefined for what JSON.parse may see
 */
export const outlineFault = (header: string): string | undefined => {
  let depth = 0;
  let names = 0;
  let key = '';
  for (let at = 0; at < header.length; at++) {
    const character = header[at];
    if (character === '"') {
      const end = endOfString(header, at);
      if (depth === 1) key = header.slice(at + 1, end - 1);
      at = end - 1;
    } else if (character === ':' && depth === 1) {
      names++;
      while (isSpace(header[at + 1])) at++;
      const value = header[at + 1];
      if (value !== undefined && value !== '{')
        return `describes ${shown(key)} by something that is not an object`;
    } else if (character === '{' || character === '[') {
      depth++;
      if (depth > 3 || (depth === 3) !== (character === '['))
        return `has ${character === '[' ? 'a list' : 'an object'} in its header where none may be`;
    } else if (character === '}' || character === ']') depth--;
  }
  // One of the names may be that of the metadata.
  return (names - 1) * SHORTEST > header.length
    ? `names ${names} tensors in a header of ${header.length} characters, which is too short for them`
    : undefined;
};

const isSpace = (character: string | undefined): boolean =>
  character === ' ' || character === '\t' || character === '\n' || character === '\r';
