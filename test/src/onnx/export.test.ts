import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { convertLlama2c } from '@secateur/adapter-checkpoint-llama2c';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { readElements, readOnnx } from '@secateur/adapter-onnx-format';
import { createOnnxRuntime } from '@secateur/adapter-runtime-onnxruntime';
import type { ModelToExport } from '@secateur/core';
import { testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { tinyConfigs } from '../families/tiny-checkpoint.js';
import { scratchFolder } from '../scratch.js';
import { sharedData } from '../shared-data.js';
import { openDecoder } from './decoder-session.js';
import { distance, exportOnnx, openModel, tinyToExport, writeCut, writeWeights } from './models.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const rows = (batch: number, sequence: number): number[][] =>
  Array.from({ length: batch }, (_, b) =>
    Array.from({ length: sequence }, (_, i) => (5 * (b * sequence + i) + 3) % 23),
  );

/** Logits of our own engine. */
const expectedOf = async ({ checkpoint, tracer }: ModelToExport, ids: number[][]): Promise<Float32Array> => {
  const shape = { batch: ids.length, sequence: ids[0]!.length };
  const executable = await engine.compile(tracer.trace(checkpoint.config, checkpoint.tensors, shape));
  const data = BigInt64Array.from(ids.flat(), BigInt);
  const { outputs } = await executable.run({ input_ids: { shape: [shape.batch, shape.sequence], data } });
  await executable.release();
  return outputs.logits!.data as Float32Array;
};

const tolerance = 1e-4;

for (const [family, config] of Object.entries(tinyConfigs)) {
  test(`${family}: logits at several shapes, token by token, and with padding`, async t => {
    const model = await tinyToExport(path.join(scratchFolder(t), 'model'), config);
    const { files, notes } = await exportOnnx(model);
    const without = model.tracer.layers(model.checkpoint.config).filter(({ heads }) => heads === 0).length;
    t.is(notes.length, without > 0 ? 1 : 0);
    if (without > 0) t.regex(notes[0]!, new RegExp(`^${without} of \\d layers have no attention`));
    const decode = await openDecoder(t, files[0]!);

    for (const ids of [rows(1, 1), rows(2, 7), rows(3, 5)]) {
      const { logits, dims } = await decode({ ids });
      t.deepEqual(dims, [ids.length, ids[0]!.length, 23]);
      t.true(distance(logits, await expectedOf(model, ids)) <= tolerance);
    }

    const ids = rows(2, 7);
    const whole = (await decode({ ids })).logits;
    const at = (b: number, i: number): Float32Array => whole.subarray((b * 7 + i) * 23, (b * 7 + i + 1) * 23);
    let past = await decode({ ids: ids.map(row => row.slice(0, 3)) });
    for (let i = 3; i < 7; i++) {
      past = await decode({ ids: ids.map(row => [row[i]!]), past });
      for (const b of [0, 1])
        t.true(
          distance(past.logits.subarray(b * 23, (b + 1) * 23), at(b, i)) <= 1e-5,
          `row ${b}, token ${i}`,
        );
    }

    const [long, short] = [rows(1, 6)[0]!, [4, 9, 2]];
    const padded = await decode({
      ids: [long, [0, 0, 0, ...short]],
      mask: [Array(6).fill(1), [0, 0, 0, 1, 1, 1]],
      positions: [
        [0, 1, 2, 3, 4, 5],
        [1, 1, 1, 0, 1, 2],
      ],
    });
    const alone = await decode({ ids: [short] });
    t.true(distance(padded.logits.subarray(9 * 23), alone.logits) <= 1e-5);
    t.true(distance(padded.logits.subarray(0, 6 * 23), (await decode({ ids: [long] })).logits) <= 1e-5);
    const next = await decode({
      ids: [[7], [7]],
      mask: [Array(7).fill(1), [0, 0, 0, 1, 1, 1, 1]],
      positions: [[6], [3]],
      past: padded,
    });
    t.true(distance(next.logits.subarray(23), (await decode({ ids: [[7]], past: alone })).logits) <= 1e-5);
  });

  test(`${family}: the runtime gives the probabilities of our engine`, async t => {
    const model = await tinyToExport(path.join(scratchFolder(t), 'model'), config);
    const { files } = await exportOnnx(model);
    const prompts = [[3], [3, 8, 13, 18, 0]];
    const found = await createOnnxRuntime().nextTokens(files[0]!, prompts);
    for (const [i, prompt] of prompts.entries()) {
      const powers = (await expectedOf(model, [prompt])).subarray(-23).map(Math.exp);
      const sum = powers.reduce((total, x) => total + x, 0);
      t.true(
        distance(
          found[i]!,
          powers.map(x => x / sum),
        ) <= 1e-5,
      );
    }
  });
}

test('weights of a file beside the model are the same, and the note says what transformers.js needs', async t => {
  const model = await tinyToExport(path.join(scratchFolder(t), 'model'), tinyConfigs['Qwen2, biases, tied']!);
  const inline = await (await openDecoder(t, (await exportOnnx(model)).files[0]!))({ ids: rows(2, 7) });
  const { files, notes } = await exportOnnx(model, 'f32', { maxInlineBytes: 1000 });
  t.deepEqual(
    files.map(file => path.basename(file)),
    ['model.onnx', 'model.onnx_data'],
  );
  t.regex(notes.join(), /use_external_data_format/);
  const { logits } = await (await openDecoder(t, files[0]!))({ ids: rows(2, 7) });
  t.deepEqual(logits, inline.logits);
});

test('the same model gives the same bytes', async t => {
  const model = await tinyToExport(
    path.join(scratchFolder(t), 'model'),
    tinyConfigs['Mistral, sliding window']!,
  );
  const [file] = (await exportOnnx(model)).files;
  const first = readFileSync(file!);
  await exportOnnx(model);
  t.deepEqual(readFileSync(file!), first);
});

for (const [dtype, stored] of [
  ['f16', 'F16'],
  ['bf16', 'BF16'],
] as const)
  test(`${dtype}: weights that are of that type give the logits of our engine`, async t => {
    const scratch = scratchFolder(t);
    const wide = await tinyToExport(path.join(scratch, 'wide'), tinyConfigs['LLaMA, grouped queries, tied']!);
    const folder = path.join(scratch, 'narrow');
    await writeWeights(wide, folder, (_, data) => data, stored);
    const model = await openModel(folder);
    const { files, notes } = await exportOnnx(model, dtype);
    t.is(notes.length, 1);
    const description = await readOnnx(files[0]!);
    const table = description.initializers.find(({ name }) => name === 'model.embed_tokens.weight');
    t.is(table!.dtype, dtype === 'f16' ? 'float16' : 'bfloat16');
    const ids = rows(2, 7);
    const { logits } = await (await openDecoder(t, files[0]!))({ ids });
    t.true(distance(logits, await expectedOf(model, ids)) <= tolerance);
  });

test('a layer with fewer KV heads runs in onnxruntime, and a note says that transformers.js cannot feed it', async t => {
  const scratch = scratchFolder(t);
  const whole = await tinyToExport(
    path.join(scratch, 'whole'),
    tinyConfigs['Qwen3, query-key norm, grouped queries']!,
  );
  const cut = await writeCut(
    whole,
    new Map([['model.layers.0.self_attn#kv-head', [1]]]),
    path.join(scratch, 'cut'),
  );
  const { files, notes } = await exportOnnx(cut);
  t.regex(notes.join(), /KV heads differ between layers \(2, 3\)/);
  const ids = rows(2, 7);
  const { logits } = await (await openDecoder(t, files[0]!))({ ids });
  t.true(distance(logits, await expectedOf(cut, ids)) <= tolerance);
});

const stories = path.join(sharedData() ?? '', 'models/stories260K');

testIf<ExecutionContext>(
  test,
  existsSync(stories),
  'stories260K is absent',
)('q8_0: blocks of 32 round to the nearest level, and the model computes what they say', async t => {
  const scratch = scratchFolder(t);
  await convertLlama2c(
    path.join(stories, 'stories260K.bin'),
    path.join(stories, 'tok512.bin'),
    path.join(scratch, 'whole'),
  );
  const whole = await openModel(path.join(scratch, 'whole'));
  const { files, notes } = await exportOnnx(whole, 'q8_0');
  t.regex(notes.join(), /5 matrices stay f32, since the length of their rows is no multiple of 32/);
  const stored = new Map((await readOnnx(files[0]!)).initializers.map(tensor => [tensor.name, tensor]));
  const rounded = async (name: string, data: Float32Array): Promise<Float32Array> => {
    const scale = stored.get(`${name}_scale`);
    if (!scale) return data;
    const scales = await readElements('float16', scale.bytes!);
    const levels = await readElements('int8', stored.get(name)!.bytes!);
    return data.map((x, i) => {
      const step = scales[Math.floor(i / 32)]!;
      const near = levels[i]! * step;
      if (!(Math.abs(near - x) <= 0.57 * step))
        t.fail(`${name}[${i}]: ${x} became ${near}, a step is ${step}`);
      return near;
    });
  };
  const folder = path.join(scratch, 'rounded');
  await writeWeights(whole, folder, rounded);
  const ids = rows(2, 7);
  const { logits } = await (await openDecoder(t, files[0]!))({ ids });
  t.true(distance(logits, await expectedOf(await openModel(folder), ids)) <= tolerance);
  t.true(distance(logits, await expectedOf(whole, ids)) > 1e-3);
});
