import { fault } from '../fault.js';
import { describeValue, type GgufValue, isList } from '../reader/metadata.js';
import type { GgufFile } from '../reader/open-gguf.js';

/** Reads values of the metadata by their kind. All throw SecateurError E_GGUF for a value of another kind. */
export interface Fields {
  has(key: string): boolean;
  /** A whole number from 0 on. */
  count(key: string, otherwise?: number): number;
  /** A whole number for each of so many layers; one number stands for all of them. */
  counts(key: string, layers: number): readonly number[];
  /** A finite number. Of a float32, the shortest that rounds to it. */
  number(key: string, otherwise?: number): number;
  text(key: string, otherwise?: string): string;
  flag(key: string, otherwise: boolean): boolean;
  texts(key: string): readonly string[];
  numbers(key: string): readonly number[];
}

export const fieldsOf = ({ file, metadata }: GgufFile): Fields => {
  const wrong = (key: string, expected: string): never => {
    const value = metadata.get(key);
    throw fault(
      file,
      value === undefined ? `lacks ${key}` : `has ${describeValue(value)} as ${key}, expected ${expected}`,
    );
  };
  const one =
    <T extends GgufValue>(fits: (value: GgufValue) => value is T, expected: string) =>
    (key: string, otherwise?: T): T => {
      const value = metadata.get(key) ?? otherwise;
      return value !== undefined && fits(value) ? value : wrong(key, expected);
    };
  const many =
    <T extends GgufValue>(fits: (value: GgufValue) => value is T, expected: string) =>
    (key: string): readonly T[] => {
      const values = metadata.get(key);
      return isList(values) && values.every(fits) ? values : wrong(key, expected);
    };
  const number = one(isNumber, 'a number');
  const list = many(isCount, `a whole number, or a list of them`);
  return {
    has: key => metadata.has(key),
    count: one(isCount, 'a whole number from 0 on'),
    counts: (key, layers) => {
      const value = metadata.get(key);
      if (value !== undefined && isCount(value)) return Array.from({ length: layers }, () => value);
      const values = list(key);
      return values.length === layers ? values : wrong(key, `one number for each of ${layers} layers`);
    },
    number: (key, otherwise) => shortest(number(key, otherwise)),
    text: one(isText, 'text'),
    flag: one(isFlag, 'true or false'),
    texts: many(isText, 'a list of texts'),
    numbers: many(isNumber, 'a list of numbers'),
  };
};

const isText = (value: GgufValue): value is string => typeof value === 'string';
const isFlag = (value: GgufValue): value is boolean => typeof value === 'boolean';
const isNumber = (value: GgufValue): value is number => Number.isFinite(value);
const isCount = (value: GgufValue): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** The shortest decimal that is the same float32: 1e-5 in place of 0.000009999999747378752. */
export const shortest = (value: number): number => {
  if (Math.fround(value) !== value) return value;
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
};
