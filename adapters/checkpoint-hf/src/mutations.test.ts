import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isSecateurError, type SecateurError } from '@secateur/core';
import { sizeOf, type TensorRef } from '@secateur/core/graph';
import { temporaryFolder } from '@secateur/core/testing';
import test from 'ava';
import fc from 'fast-check';
import { createHuggingFaceFormat } from './hugging-face-format.js';
import { jsonMutations, mutated, mutations, rightFiles } from './mutations.test.data.js';
import type { ByteSource } from './read-fully.js';
import { readHeader, type SafetensorsHeader } from './safetensors-header.js';
import { bitsOf, isWeightType } from './stored-type.js';

/** The seed is fixed: a run is the same everywhere. A counterexample is printed with the path that leads to it. */
const SEED = 20231018;
/** Milliseconds that one file may take. */
const LONGEST = 5000;

/** A file in memory, and the largest buffer that it was asked to fill. */
const recorded = (bytes: Buffer) => {
  const record = { largest: 0 };
  const source: ByteSource = {
    read: async (buffer, offset, length, position) => {
      record.largest = Math.max(record.largest, buffer.byteLength);
      const part = bytes.subarray(position, position + length);
      buffer.set(part, offset);
      return { bytesRead: part.length };
    },
  };
  return { record, source };
};

/** Fails unless it is an error of ours that a person can read: one sentence of bearable length, and the next step. */
const checkRefusal = (error: unknown, codes: readonly string[]): SecateurError => {
  if (!isSecateurError(error)) throw error;
  if (!codes.includes(error.code)) throw new Error(`the code is ${error.code}`);
  if (!error.hint) throw new Error(`no hint: ${error.message}`);
  if (error.message.length > 600 || /\p{Cc}/u.test(error.message))
    throw new Error(`a message of ${error.message.length} characters: ${JSON.stringify(error.message)}`);
  return error;
};

/** Fails unless every tensor is what a plain reading of the header says, and the data belongs to one tensor each. */
const checkHeader = ({ tensors, metadata }: SafetensorsHeader, bytes: Buffer): void => {
  const dataStart = 8 + Number(bytes.readBigUInt64LE());
  const plain = JSON.parse(bytes.subarray(8, dataStart).toString('utf8'));
  const names = Object.keys(plain).filter(name => name !== '__metadata__');
  if (names.length !== tensors.size) throw new Error(`${tensors.size} tensors of ${names.length}`);
  if (Object.values(metadata).some(value => typeof value !== 'string')) throw new Error('metadata');
  const owners = new Uint8Array(bytes.length - dataStart);
  for (const name of names) {
    const { dtype, shape, offset, byteLength } = tensors.get(name)!;
    const [begin, end] = plain[name].data_offsets;
    const counts = shape.every(extent => Number.isSafeInteger(extent) && extent >= 0);
    const told =
      dtype === plain[name].dtype &&
      shape.join() === plain[name].shape.join() &&
      offset === dataStart + begin &&
      byteLength === end - begin;
    const fits = offset + byteLength <= bytes.length && byteLength * 8 === sizeOf(shape) * bitsOf(dtype);
    if (!counts || !told || !fits) throw new Error(`${name} is read wrong`);
    for (let at = begin; at < end; at++) owners[at]!++;
  }
  if (owners.some(count => count !== 1)) throw new Error('a byte without owner, or with two');
};

test('10,000 mutated safetensors files are refused with a code, or read as they are', async t => {
  t.timeout(60_000);
  let accepted = 0;
  let longest = 0;
  const reasons = new Map<string, number>();
  const property = fc.asyncProperty(fc.nat(rightFiles.length - 1), mutations, async (which, changes) => {
    const bytes = mutated(rightFiles[which]!, changes, rightFiles);
    const { record, source } = recorded(bytes);
    const start = performance.now();
    try {
      const header = await readHeader(source, 'FILE', bytes.length);
      checkHeader(header, bytes);
      accepted++;
    } catch (error) {
      const { message } = checkRefusal(error, ['E_SAFETENSORS']);
      const reason = message.split(/[\d"[]/)[0]!.replace(/gives .*? (?=the|\d)/, 'gives ');
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    const took = performance.now() - start;
    longest = Math.max(longest, took);
    if (took > LONGEST) throw new Error(`took ${took} ms`);
    if (record.largest > Math.max(8, bytes.length)) throw new Error(`asked for ${record.largest} bytes`);
  });
  await fc.assert(property, { seed: SEED, numRuns: 10_000 });
  t.log(
    `${accepted} read, ${[...reasons.values()].reduce((sum, n) => sum + n, 0)} refused, longest ${longest.toFixed(0)} ms`,
  );
  t.true(accepted > 500, `${accepted} were read`);
  t.true(reasons.size > 15, `${reasons.size} reasons: ${[...reasons.keys()].join(' | ')}`);
});

const format = createHuggingFaceFormat();
const config = { model_type: 'llama', hidden_size: 64, rope_scaling: { factor: 8.0 }, layer_types: ['full'] };
const index = {
  metadata: { total_size: 59 },
  weight_map: {
    w: 'model-00001-of-00002.safetensors',
    ...Object.fromEntries(
      ['model.embed.weight', 'model.norm.weight', 'scalar', 'empty', 'mask', 'tail'].map(name => [
        name,
        'model-00002-of-00002.safetensors',
      ]),
    ),
  },
};
const folderFiles: readonly { readonly name: string; readonly right: Buffer }[] = [
  { name: 'config.json', right: Buffer.from(JSON.stringify(config)) },
  { name: 'model.safetensors.index.json', right: Buffer.from(JSON.stringify(index)) },
  { name: 'model-00001-of-00002.safetensors', right: rightFiles[0]! },
  { name: 'model-00002-of-00002.safetensors', right: rightFiles[1]! },
];
const codes = ['E_SAFETENSORS', 'E_MODEL_CONFIG', 'E_MODEL_NOT_FOUND'];

test('1,200 model folders with one mutated file are refused with a code, or read as they are', async t => {
  t.timeout(60_000);
  const folder = path.join(await temporaryFolder(t), 'model');
  await mkdir(folder);
  for (const { name, right } of folderFiles) await writeFile(path.join(folder, name), right);
  await format.open(folder);
  const others = folderFiles.map(({ right }) => right);
  let accepted = 0;
  const refused = new Map<string, number>();
  const which = fc.nat(folderFiles.length - 1);
  const property = fc.asyncProperty(which, jsonMutations, mutations, async (at, ofJson, ofWeights) => {
    const { name, right } = folderFiles[at]!;
    const isJson = name.endsWith('.json');
    const bytes = mutated(right, isJson ? ofJson : ofWeights, others, isJson);
    await writeFile(path.join(folder, name), bytes);
    const start = performance.now();
    try {
      const { tensors, config: read } = await format.open(folder);
      // What is taken along into a written model must be writable.
      JSON.stringify(read);
      for (const ref of tensors.values())
        if (isWeightType(ref.dtype)) {
          const values = await format.read(ref as TensorRef);
          if (values.length !== sizeOf(ref.shape)) throw new Error('another length');
        }
      accepted++;
    } catch (error) {
      const { code } = checkRefusal(error, codes);
      refused.set(code, (refused.get(code) ?? 0) + 1);
    } finally {
      await writeFile(path.join(folder, name), right);
    }
    const took = performance.now() - start;
    if (took > LONGEST) throw new Error(`took ${took} ms`);
  });
  await fc.assert(property, { seed: SEED, numRuns: 1_200 });
  t.log(`${accepted} read; refused: ${[...refused].map(([code, n]) => `${n} ${code}`).join(', ')}`);
  t.true(accepted > 50, `${accepted} were read`);
  t.deepEqual([...refused.keys()].sort(), [...codes].sort());
});
