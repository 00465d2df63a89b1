import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { readOnnx } from '@secateur/adapter-onnx-format';
import type { ExportDType, ModelToExport, Tracer } from '@secateur/core';
import { GraphBuilder, gather, reshape } from '@secateur/core/graph';
import test, { type ExecutionContext } from 'ava';
import { createOnnxExporter } from './onnx-exporter.js';

/** Logits are rows of a table: a layer that has nothing but channels. */
const tracer: Tracer = {
  architectures: ['Table'],
  trace: (_, tensors, { batch, sequence }) => {
    const g = new GraphBuilder();
    const table = g.parameter('table', [5, 4], { ref: tensors.get('table')! });
    const rows = gather(g, table, g.input('input_ids', [batch, sequence], 'int64'));
    g.output('logits', reshape(g, rows, [batch * sequence, 4]));
    return g.build();
  },
  layers: () => [{ heads: 0, kvHeads: 0, channels: 4 }],
  maxSequence: () => 16,
  resize: config => config,
};

const tableModel = async (t: ExecutionContext): Promise<ModelToExport> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secateur-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'weights');
  await writeFile(file, new Uint8Array(Float32Array.from({ length: 20 }, (_, i) => i).buffer));
  const tensors = new Map([
    ['table', { file, offset: 0, byteLength: 80, dtype: 'F32', shape: [5, 4] } as const],
  ]);
  const checkpoint = { folder, config: {}, tensors, companions: [], hash: async () => '' };
  return { checkpoint, format: createHuggingFaceFormat(), tracer };
};

const exporter = createOnnxExporter();

test('it says where transformers.js looks, and what it writes', t => {
  t.is(exporter.place, 'onnx/model.onnx');
  t.deepEqual(exporter.dtypes, ['f32', 'f16', 'bf16', 'q8_0']);
});

test('a layer without attention has no cache, and a note says so', async t => {
  const model = await tableModel(t);
  const seen: [number, number][] = [];
  const { files, notes } = await exporter.export(model, path.join(model.checkpoint.folder, 'model.onnx'), {
    dtype: 'f32',
    onProgress: (done, total) => seen.push([done, total]),
  });
  t.deepEqual(notes, ['1 of 1 layers have no attention and therefore no cache.']);
  t.deepEqual(seen, [[80, 80]]);
  const { inputs, outputs } = await readOnnx(files[0]!);
  t.deepEqual(
    [...inputs, ...outputs].map(({ name }) => name),
    ['input_ids', 'attention_mask', 'position_ids', 'logits'],
  );
});

test('an unknown element type is refused, and an export that is stopped leaves nothing', async t => {
  const model = await tableModel(t);
  const { folder } = model.checkpoint;
  const file = path.join(folder, 'onnx/model.onnx');
  await t.throwsAsync(exporter.export(model, file, { dtype: 'q4_0' as ExportDType }), {
    code: 'E_EXPORT',
    message: /cannot hold q4_0, expected f32, f16, bf16, q8_0/,
  });
  const signal = AbortSignal.abort(new Error('enough'));
  await t.throwsAsync(exporter.export(model, file, { dtype: 'f32', signal }), { message: 'enough' });
  t.deepEqual(await readdir(folder), ['weights']);
});

test('a weight file that ends too early is told, and nothing is written', async t => {
  const model = await tableModel(t);
  const { folder } = model.checkpoint;
  await writeFile(path.join(folder, 'weights'), new Uint8Array(60));
  await t.throwsAsync(exporter.export(model, path.join(folder, 'model.onnx'), { dtype: 'f32' }), {
    code: 'E_SAFETENSORS',
    message: /ends inside a tensor/,
  });
  t.deepEqual(await readdir(folder), ['weights']);
});
