/** Strings and structure of a JSON text; numbers and words need no notice. */
const lexeme = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/gs;

/**
 * The first key that an object of a valid JSON text holds twice. JSON.parse keeps the last of such a pair in silence,
 * so two readers could see two different files.
 */
export const duplicateKey = (json: string): string | undefined => {
  const open: Set<string>[] = [];
  let last = '';
  for (const [token] of json.matchAll(lexeme)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key = JSON.parse(last) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    } else last = token;
  }
  return undefined;
};
