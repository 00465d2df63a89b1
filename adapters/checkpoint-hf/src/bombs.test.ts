import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { temporaryFolder, throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { BOMB_BYTES, bombs } from './bombs.test.data.js';
import { safetensorsBytes, writeRaw } from './fixtures.test.data.js';
import { createHuggingFaceFormat } from './hugging-face-format.js';
import type { ByteSource } from './read-fully.js';
import { readHeader } from './safetensors-header.js';

/** Megabytes that a thread may use to read a file, beside the file's own size. */
const SPARE = 64;

/** What one pass takes is a tenth of a second to one, by the machine and what else it does; a pass for each entry, minutes. */
const TOO_LONG = 10_000;

/** Those that are right after all. */
const right: Readonly<Record<string, string>> = {
  'many tensors': '33000 tensors',
  'much metadata': '0 tensors',
};

interface Ending {
  readonly outcome: string;
  readonly milliseconds: number;
}

/** Reads a file in a thread that ends when it uses more memory than it may. */
const readWithin = (file: string, megabytes: number): Promise<Ending> =>
  new Promise((ended, failed) => {
    const worker = new Worker(new URL('bombs.test.child.js', import.meta.url), {
      workerData: file,
      resourceLimits: { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: 16 },
    });
    worker.once('message', ended);
    worker.once('error', failed);
  });

for (const [name, header] of Object.entries(bombs))
  test.serial(`${name}: read in one pass, with ${SPARE} MB beside the file's size`, async t => {
    const file = await writeRaw(await temporaryFolder(t), header());
    const { outcome, milliseconds } = await readWithin(file, SPARE + BOMB_BYTES / 1e6);
    t.is(outcome, right[name] ?? 'E_SAFETENSORS');
    t.true(milliseconds < TOO_LONG, `took ${milliseconds} ms`);
  });

test('a header that claims 90 MB in a small file makes nobody allocate them', async t => {
  const bytes = safetensorsBytes({}, new Uint8Array(100));
  bytes.writeBigUInt64LE(90_000_000n);
  const asked: number[] = [];
  const source: ByteSource = {
    read: async (buffer, offset, length, position) => {
      asked.push(buffer.byteLength);
      return { bytesRead: bytes.copy(buffer, offset, position, position + length) };
    },
  };
  const before = process.memoryUsage().arrayBuffers;
  await throwsCode(
    t,
    () => readHeader(source, 'FILE', bytes.length),
    'E_SAFETENSORS',
    /ends at byte 90000008/,
  );
  t.deepEqual(asked, [8], 'only the length was read');
  t.true(process.memoryUsage().arrayBuffers - before < 1_000_000);
});

test('a bomb in config.json or the index is refused too', async t => {
  const folder = await temporaryFolder(t);
  const index = path.join(folder, 'model.safetensors.index.json');
  const open = () => createHuggingFaceFormat().open(folder);
  for (const [name, header] of Object.entries(bombs)) {
    await writeFile(path.join(folder, 'config.json'), '{}');
    await writeFile(index, header());
    await throwsCode(t, open, 'E_SAFETENSORS', /./);
    if (!/not closed|within/.test(name)) continue;
    await writeFile(path.join(folder, 'config.json'), header());
    await throwsCode(t, open, 'E_MODEL_CONFIG', /nests deeper than 64 levels|is not JSON/);
  }
});
