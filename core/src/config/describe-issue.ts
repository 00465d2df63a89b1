import { inspect } from 'node:util';
import type { z } from 'zod';
import { didYouMean } from '../errors.js';

/** What is wrong with a value, in the words that every schema error of ours uses. */
export interface DescribedIssue {
  /** `prune.ratio` */
  readonly path: string;
  /** `prune.ratio = 2`, then what was expected. No full stop. */
  readonly sentence: string;
  readonly hint: string | undefined;
}

/**
 * Puts the first issue of a failed parse into words.
 * @param root what the path begins with, e.g. `options`
 * @param where stands behind the value, e.g. ` in prune.config.ts`
 */
export const describeIssue = (
  schema: z.ZodType,
  input: unknown,
  error: z.ZodError,
  { root = '', where = '' }: { readonly root?: string; readonly where?: string } = {},
): DescribedIssue => {
  const issue = error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const path = pathOf(root, [...issue.path, key]);
    const allowed = keysAt(schema, issue.path);
    return {
      path,
      sentence: `${path} = ${show(at(input, [...issue.path, key]))}${where} is not a known key`,
      hint: suggest(key, allowed),
    };
  }
  const path = pathOf(root, issue.path) || 'the configuration';
  const value = at(input, issue.path);
  const [expected, allowed] = expectation(issue);
  return {
    path,
    sentence:
      value === undefined
        ? `${path} is missing${where}, expected ${expected}`
        : `${path} = ${show(value)}${where}, expected ${expected}`,
    hint: allowed && suggest(String(value), allowed),
  };
};

/** "Did you mean ...? Allowed: ..." */
export const suggest = (found: string, allowed: readonly string[]): string => {
  const near = didYouMean(found, allowed);
  return `${near === undefined ? '' : `Did you mean "${near}"? `}Allowed: ${allowed.join(', ')}.`;
};

const expectation = (issue: z.core.$ZodIssue): [expected: string, allowed?: readonly string[]] => {
  switch (issue.code) {
    case 'invalid_type':
      return [article(issue.expected === 'int' ? 'whole number' : issue.expected)];
    case 'invalid_value': {
      const values = issue.values.map(String);
      return [values.length === 1 ? values[0]! : `one of ${values.join(', ')}`, values];
    }
    case 'too_small':
      return [bound(issue.origin, issue.inclusive ? 'at least' : 'more than', issue.minimum)];
    case 'too_big':
      return [bound(issue.origin, issue.inclusive ? 'at most' : 'less than', issue.maximum)];
    case 'invalid_key':
      return ['a name that is not empty'];
    case 'invalid_union':
      return [
        [...new Set(issue.errors.flatMap(branch => (branch[0] ? expectation(branch[0])[0] : [])))].join(
          ' or ',
        ),
      ];
    default:
      return [`something else (${issue.message})`];
  }
};

const bound = (origin: string, word: string, limit: number | bigint): string =>
  origin === 'array'
    ? `${word} ${limit} entries`
    : origin === 'string'
      ? 'a text that is not empty'
      : `a number ${word} ${limit}`;

const article = (expected: string): string => {
  const noun = expected === 'record' ? 'object' : expected;
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
};

const pathOf = (root: string, path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    root,
  );

const at = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);

/** A value on one line. JSON where it can hold it: not NaN, a bigint or an object within itself. */
export const show = (value: unknown): string => {
  const text =
    typeof value === 'function'
      ? 'a function'
      : (jsonOf(value) ?? inspect(value, { compact: true, breakLength: Number.POSITIVE_INFINITY }));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

const jsonOf = (value: unknown): string | undefined => {
  if (typeof value === 'number') return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
};

/** Zod's definition of a schema, as far as it says where the keys are. */
interface Definition {
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly innerType?: z.core.$ZodType;
  readonly out?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
}

/** The keys that the object at a path may have. */
const keysAt = (schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] => {
  const definition = schema._zod.def as unknown as Definition;
  const wrapped = definition.innerType ?? definition.out;
  if (wrapped) return keysAt(wrapped, path);
  const [key, ...rest] = path;
  if (key === undefined) return Object.keys(definition.shape ?? {});
  const next = definition.shape?.[String(key)] ?? definition.valueType ?? definition.element;
  return next ? keysAt(next, rest) : [];
};
