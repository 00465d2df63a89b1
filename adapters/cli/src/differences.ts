import { isDeepStrictEqual } from 'node:util';

/** Paths (`train.tokens`) at which two trees of values differ, as JSON sees them. */
export const differences = (before: unknown, now: unknown): readonly string[] => {
  const [a, b] = [flatten(before), flatten(JSON.parse(JSON.stringify(now)))];
  return [...new Set([...a.keys(), ...b.keys()])].filter(
    path => !isDeepStrictEqual(a.get(path), b.get(path)),
  );
};

const flatten = (
  value: unknown,
  path = '',
  into = new Map<string, unknown>(),
): ReadonlyMap<string, unknown> => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    for (const [key, inner] of Object.entries(value))
      flatten(inner, path === '' ? key : `${path}.${key}`, into);
  else into.set(path, value);
  return into;
};
