import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SecateurError } from '@secateur/core';
import test, { type ExecutionContext } from 'ava';
import * as ort from 'onnxruntime-node';
import { feedsOf } from './feeds.js';
import { createOnnxRuntime } from './onnx-runtime.js';

const runtime = createOnnxRuntime();

const fileOf = async (t: ExecutionContext, name: string, text: string): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secateur-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
};

test('it says its version', async t => {
  const status = await runtime.status();
  t.regex('version' in status ? status.version : status.missing, /^\d+\.\d+\.\d+$/);
});

test('it recognises .onnx files alone', async t => {
  const file = await fileOf(t, 'model.onnx', '');
  t.true(await runtime.recognises(file));
  t.false(await runtime.recognises(path.dirname(file)));
  t.false(await runtime.recognises(await fileOf(t, 'model.gguf', '')));
  t.false(await runtime.recognises(`${file}.absent.onnx`));
});

test('what onnxruntime refuses is told in its words', async t => {
  const file = await fileOf(t, 'model.onnx', 'no model');
  const error = await t.throwsAsync<SecateurError>(runtime.nextTokens(file, [[1]]), {
    instanceOf: SecateurError,
    message: /^onnxruntime refuses .*model\.onnx: .*(?:protobuf|parsing)/i,
  });
  t.is(error?.code, 'E_VERIFY');
});

const metadata = (name: string, type: ort.Tensor.Type, shape: (number | string)[]) =>
  ({ name, isTensor: true, type, shape }) as const;

test('a decoder is fed what it declares, and an empty past', t => {
  const feeds = feedsOf(
    ort,
    [
      metadata('input_ids', 'int64', ['batch', 'sequence']),
      metadata('attention_mask', 'int64', ['batch', 'total']),
      metadata('position_ids', 'int32', ['batch', 'sequence']),
      metadata('past_key_values.0.key', 'float32', ['batch', 2, 'past', 8]),
      metadata('past_key_values.0.value', 'float16', ['batch', 2, 'past', 8]),
      metadata('use_cache_branch', 'bool', [1]),
    ],
    'model.onnx',
    [5, 6, 7],
  );
  const plain = Object.entries(feeds).map(([name, { type, dims, data }]) => [
    name,
    type,
    dims,
    Array.from(data as ArrayLike<number | bigint>, Number),
  ]);
  t.deepEqual(plain, [
    ['input_ids', 'int64', [1, 3], [5, 6, 7]],
    ['attention_mask', 'int64', [1, 3], [1, 1, 1]],
    ['position_ids', 'int32', [1, 3], [0, 1, 2]],
    ['past_key_values.0.key', 'float32', [1, 2, 0, 8], []],
    ['past_key_values.0.value', 'float16', [1, 2, 0, 8], []],
    ['use_cache_branch', 'bool', [1], [0]],
  ]);
});

test('an input that no decoder has is named', t => {
  t.throws(() => feedsOf(ort, [metadata('pixel_values', 'float32', [1])], 'model.onnx', [1]), {
    code: 'E_VERIFY',
    message: /model\.onnx wants the input "pixel_values"/,
  });
});
