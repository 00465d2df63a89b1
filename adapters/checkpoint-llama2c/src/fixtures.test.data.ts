import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';

/** A file of the development data, which lies beside the repository and is not part of it. */
export const sharedData = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));

/** `test`, or a test that is skipped and says why, where that development data is absent. */
export const testWith = (name: string) =>
  testIf<ExecutionContext>(test, existsSync(sharedData(name)), `${name} is absent`);

/** Numbers in [-1, 1) that depend on the seed alone. */
export const randomNumbers = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
};

/** A tokenizer.bin: <unk>, <s>, </s>, the 256 bytes, then these pieces. */
export const tokenizerBytes = (
  pieces: readonly (readonly [text: string | Uint8Array, score: number])[],
): Buffer => {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const first = ['<unk>', '\n<s>\n', '\n</s>\n', ...bytes].map(text => [text, 0] as const);
  return rawTokenizerBytes([...first, ...pieces]);
};

export const rawTokenizerBytes = (
  pieces: readonly (readonly [text: string | Uint8Array, score: number])[],
): Buffer => {
  const longest = Buffer.alloc(4);
  longest.writeInt32LE(27);
  const entries = pieces.map(([text, score]) => {
    const content = Buffer.from(text as string);
    const head = Buffer.alloc(8);
    head.writeFloatLE(score);
    head.writeInt32LE(content.length, 4);
    return Buffer.concat([head, content]);
  });
  return Buffer.concat([longest, ...entries]);
};
