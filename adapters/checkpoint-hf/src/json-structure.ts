/** Index behind the string that opens at `start`; the end of the text when nothing closes it. */
export const endOfString = (json: string, start: number): number => {
  for (let at = start + 1; at < json.length; at++) {
    const character = json[at];
    if (character === '"') return at + 1;
    if (character === '\\') at++;
  }
  return json.length;
};

/**
 * Whether a text that may be JSON opens more than `deepest` lists and objects within each other. Asked before it is
 * parsed: a file of brackets alone would take many times its size, and break what recurses over the value.
 */
export const nestsDeeper = (json: string, deepest: number): boolean => {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') at = endOfString(json, at) - 1;
    else if (character === '{' || character === '[') {
      if (++depth > deepest) return true;
    } else if (character === '}' || character === ']') depth--;
  }
  return false;
};

/**
 * The first key that an object of a valid JSON text holds twice. JSON.parse keeps the last of such a pair in silence,
 * so two readers could see two different files.
 */
export const duplicateKey = (json: string): string | undefined => {
  /** Keys of the objects that are open; lists have none. */
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') {
      const end = endOfString(json, at);
      last = json.slice(at, end);
      at = end - 1;
    } else if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    else if (character === ':') {
      const key = JSON.parse(last) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
};
