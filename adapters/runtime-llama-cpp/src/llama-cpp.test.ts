import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Runtime } from '@secateur/core';
import { providedBy, testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { createLlamaCpp, encode, greedy } from './llama-cpp.js';
import plugin from './plugin.js';

const runtime = createLlamaCpp();
const status = await runtime.status();
const testWithRuntime = testIf<ExecutionContext>(
  test.serial,
  'version' in status,
  'missing' in status ? status.missing : '',
);

/** A file of these bytes that goes away with the test. */
const fileOf = async (t: ExecutionContext, bytes: Uint8Array): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secateur-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'model.gguf');
  await writeFile(file, bytes);
  return file;
};

/** A GGUF file without tensors, and with this architecture alone in its metadata. */
const nearlyEmpty = (architecture: string): Buffer => {
  const text = (value: string): Buffer => {
    const bytes = Buffer.alloc(8 + Buffer.byteLength(value));
    bytes.writeBigUInt64LE(BigInt(bytes.length - 8));
    bytes.write(value, 8);
    return bytes;
  };
  const head = Buffer.alloc(24);
  head.write('GGUF');
  head.writeUInt32LE(3, 4);
  head.writeBigUInt64LE(1n, 16);
  return Buffer.concat([head, text('general.architecture'), Buffer.of(8, 0, 0, 0), text(architecture)]);
};

test('the plugin provides it', t => {
  t.truthy(providedBy(plugin(), Runtime, 'llama.cpp'));
});

test('files that begin with GGUF are recognised, others and folders are not', async t => {
  const file = await fileOf(t, nearlyEmpty('llama'));
  t.true(await runtime.recognises(file));
  t.false(await runtime.recognises(path.dirname(file)));
  t.false(await runtime.recognises(`${file}.none`));
  t.false(await runtime.recognises(await fileOf(t, Buffer.from('GGU'))));
});

testWithRuntime('the version is that of llama.cpp and of what brings it', t => {
  t.regex(JSON.stringify(status), /"v?[\d.b]+ in node-llama-cpp 3\./);
});

const damaged: readonly (readonly [what: string, bytes: Buffer, words: RegExp])[] = [
  ['is no GGUF file', Buffer.from('PK: a zip?'), /magic/],
  ['is of no architecture that it knows', nearlyEmpty('lama'), /unknown model architecture: 'lama'/],
  ['lacks its sizes', nearlyEmpty('llama'), /llama\.context_length/],
];

for (const [what, bytes, words] of damaged)
  testWithRuntime(`a file that ${what} is refused in llama.cpp's words`, async t => {
    const file = await fileOf(t, bytes);
    for (const work of [
      () => runtime.nextTokens(file, [[1]]),
      () => greedy(file, [1], 1),
      () => encode(file, ['a']),
    ]) {
      const error = await t.throwsAsync(work(), { code: 'E_VERIFY' });
      t.regex(error!.message, words);
      t.false(error!.message.includes('\n'), 'one line');
    }
  });

test('a prompt without tokens is a fault of the caller, and no prompts are no work', async t => {
  await t.throwsAsync(runtime.nextTokens('none.gguf', [[]]), { message: /no tokens/ });
  t.deepEqual(await runtime.nextTokens('none.gguf', []), []);
});

testWithRuntime('what is asked for no more ends with its process', async t => {
  const file = await fileOf(t, nearlyEmpty('llama'));
  const stop = new AbortController();
  const asked = runtime.nextTokens(file, [[1]], stop.signal);
  stop.abort(new Error('enough'));
  await t.throwsAsync(asked, { message: 'enough' });
  await t.throwsAsync(runtime.nextTokens(file, [[1]], stop.signal), { message: 'enough' });
});
