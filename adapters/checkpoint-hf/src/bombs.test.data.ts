/** Headers that are small to write and costly to read carelessly, by name; of this many bytes at most. */
export const BOMB_BYTES = 2_000_000;

const filled = (begin: string, piece: string, end: string): string =>
  begin + piece.repeat(Math.floor((BOMB_BYTES - begin.length - end.length) / piece.length)) + end;

const numbered = (begin: string, piece: (n: number) => string, count: number, end: string): string =>
  begin + Array.from({ length: count }, (_, n) => piece(n)).join(',') + end;

export const bombs: Readonly<Record<string, () => string>> = {
  'lists that are not closed': () => filled('{"a":', '[', ''),
  'lists within lists': () => `{"a":${'['.repeat(BOMB_BYTES / 2 - 10)}${']'.repeat(BOMB_BYTES / 2 - 10)}}`,
  'objects within objects': () => filled('{', '"a":{', ''),
  'lists side by side': () => filled('{"a":[[]', ',[]', ']}'),
  'objects side by side': () => filled('{"a":[{}', ',{}', ']}'),
  'tensors without content': () => numbered('{', n => `"${n.toString(36)}":{}`, 200_000, '}'),
  'one tensor of many keys': () => numbered('{"a":{', n => `"${n.toString(36)}":0`, 200_000, '}}'),
  'a long shape': () => filled('{"a":{"dtype":"U8","shape":[1', ',1', '],"data_offsets":[0,1]}}'),
  'a string of escapes': () => filled('{"', '\\n', '":1}'),
  'a string that is not closed': () => filled('{"a":"', '\\"', ''),
  'a string of NULs': () => filled('{"a":{"dtype":"', '\\u0000', '"}}'),
  'many names': () => numbered('{', n => `"${n.toString(36)}":1`, 220_000, '}'),
  'many tensors': () =>
    numbered('{', n => `"${n}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`, 33_000, '}'),
  'one name many times': () => filled('{"a":1', ',"a":1', '}'),
  'much metadata': () => numbered('{"__metadata__":{', n => `"${n.toString(36)}":""`, 180_000, '}}'),
};
