import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { createRng, isSecateurError, type Rng } from '@secateur/core';
import { sizeOf } from '@secateur/core/graph';
import { temporaryFolder } from '@secateur/core/testing';
import test from 'ava';
import { convertGguf } from './convert-gguf.js';
import { ggufBytes } from './fixtures.test.data.js';
import { ggmlTypes } from './format/ggml-types.js';
import { describeModel } from './model/describe-model.js';
import { parseGguf } from './reader/open-gguf.js';
import { sentencePieceTokenizer, tinyModel } from './tiny-models.test.data.js';

const MUTATIONS = 10_000;
const TOO_LONG = 5000;
/** Bytes that a file may cost beyond its own. */
const SLACK = 64 * 2 ** 20;

const originals = [
  ggufBytes(tinyModel('llama')),
  ggufBytes(
    tinyModel(
      'deci',
      [
        [4, 2, 64],
        [0, 0, 96],
        [2, 1, 0],
      ],
      { type: 'Q8_0' },
    ),
  ),
  ggufBytes(tinyModel('qwen2', undefined, { type: 'BF16', metadata: sentencePieceTokenizer })),
] as const;

/** Numbers that lengths, counts and offsets are not. */
const inflated = [
  0n,
  1n,
  255n,
  2n ** 16n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

const slice = (bytes: Uint8Array, rng: Rng): Buffer => {
  const from = rng.integer(bytes.length);
  return Buffer.from(bytes.subarray(from, from + 1 + rng.integer(64)));
};

/** Damage in the header tells more than damage in weights, which are most of a file. */
const place = (bytes: Uint8Array, rng: Rng): number =>
  rng.integer(rng.next() < 0.6 ? Math.min(2048, bytes.length) : bytes.length);

const kinds: readonly ((bytes: Buffer, rng: Rng) => Buffer)[] = [
  (bytes, rng) => {
    for (let flips = 1 + rng.integer(4); flips > 0; flips--) bytes[place(bytes, rng)]! ^= 1 << rng.integer(8);
    return bytes;
  },
  (bytes, rng) => bytes.subarray(0, place(bytes, rng)),
  (bytes, rng) => {
    const at = Math.min(place(bytes, rng), bytes.length - 8);
    const value = inflated[rng.integer(inflated.length)]!;
    if (rng.next() < 0.5) bytes.writeBigUInt64LE(value, at);
    else bytes.writeUInt32LE(Number(value & 0xffffffffn), at);
    return bytes;
  },
  // One of the counts at the beginning, or the length of a key or name.
  (bytes, rng) => {
    const keys = ['general.architecture', 'tokenizer.ggml.tokens', 'blk.0.attn_q.weight', 'token_embd'];
    const at = rng.next() < 0.5 ? 4 + 4 * rng.integer(5) : bytes.indexOf(keys[rng.integer(keys.length)]!) - 8;
    bytes.writeBigUInt64LE(
      BigInt.asUintN(64, inflated[rng.integer(inflated.length)]! + BigInt(rng.integer(3))),
      Math.max(at, 0),
    );
    return bytes;
  },
  (bytes, rng) => {
    const [at, part] = [place(bytes, rng), slice(bytes, rng)];
    const removed = rng.integer(3) === 0 ? 0 : rng.integer(64);
    return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at + removed)]);
  },
];

/** Bytes on the heap and beside it: the difference is what was allocated, but for what was collected since. */
const allocated = (): number => {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
};

test('10,000 damaged files are refused with a code, or read as what they say', async t => {
  const folder = await temporaryFolder(t);
  const root = createRng(7);
  const codes = new Map<string, number>();
  const [slow, greedy]: [number[], number[]] = [[], []];
  let [read, converted] = [0, 0];
  for (let i = 0; i < MUTATIONS; i++) {
    const rng = root.fork(i);
    const bytes = kinds[i % kinds.length]!(Buffer.from(originals[rng.integer(originals.length)]!), rng);
    const [start, heap] = [performance.now(), allocated()];
    try {
      const gguf = parseGguf('damaged.gguf', bytes.length, (buffer, position) => {
        if (buffer.length > bytes.length) t.fail(`${i}: asks for ${buffer.length} of ${bytes.length} bytes`);
        return bytes.copy(buffer, 0, position, position + buffer.length);
      });
      for (const { shape, type, offset, byteLength } of gguf.tensors.values()) {
        const { block, bytes: size } = ggmlTypes[type];
        if (byteLength !== (sizeOf(shape) / block) * size || offset + byteLength > bytes.length)
          t.fail(`${i}: a tensor that is not in the file`);
      }
      const { config, layout } = await describeModel(gguf);
      if (!layout.every(({ shape }) => shape.every(Number.isSafeInteger)) || !config.vocab_size)
        t.fail(`${i}: a model without sizes`);
      read++;
      if (read % 20 === 0) {
        const file = path.join(folder, `${i}.gguf`);
        await writeFile(file, bytes);
        await convertGguf(file, path.join(folder, String(i)), { dtype: 'F32' });
        converted++;
      }
    } catch (error) {
      if (!isSecateurError(error)) throw error;
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
    }
    if (allocated() - heap > bytes.length + SLACK) greedy.push(i);
    if (performance.now() - start > TOO_LONG) slow.push(i);
  }
  t.deepEqual({ slow, greedy }, { slow: [], greedy: [] });
  t.true(read > 500 && converted > 10, `${read} were read, ${converted} converted`);
  t.true([...codes.keys()].every(code => ['E_GGUF', 'E_TENSOR_DTYPE'].includes(code)));
  t.true((codes.get('E_GGUF') ?? 0) > 3000, JSON.stringify([...codes]));
});
