import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { temporaryFolder, throwsCode } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { type ConvertGgufOptions, convertGguf } from './convert-gguf.js';
import { ggufBytes, writeBytes } from './fixtures.test.data.js';
import { readWhole } from './quants/read-pieces.js';
import { openGguf } from './reader/open-gguf.js';
import { tinyModel } from './tiny-models.test.data.js';

const format = createHuggingFaceFormat();

const convert = async (
  t: ExecutionContext,
  model: Parameters<typeof tinyModel>,
  options?: ConvertGgufOptions,
) => {
  const file = await writeBytes(t, ggufBytes(tinyModel(...model)));
  const folder = path.join(path.dirname(file), 'out');
  await convertGguf(file, folder, options);
  const { config, tensors } = await format.open(folder);
  const gguf = await openGguf(file);
  return {
    folder,
    config,
    dtype: tensors.get('model.norm.weight')!.dtype,
    shape: (name: string) => tensors.get(name)!.shape,
    after: (name: string) => format.read(tensors.get(name)!),
    before: (name: string) => readWhole(file, gguf.tensors.get(name)!),
  };
};

/** Rows of q or k in transformers' order: of a head of 8, first the even rows, then the odd ones. */
const halves = (values: Float32Array, width: number): Float32Array => {
  const order = [0, 2, 4, 6, 1, 3, 5, 7];
  return Float32Array.from(values, (_, i) => {
    const row = Math.floor(i / width);
    return values[(row - (row % 8) + order[row % 8]!) * width + (i % width)]!;
  });
};

for (const type of ['F32', 'Q8_0', 'Q4_1', 'Q5_0'] as const)
  test(`${type}: the folder holds the numbers of the file, rows of q and k in halves`, async t => {
    const { before, after, shape, dtype } = await convert(t, ['llama', undefined, { type }]);
    t.is(dtype, 'F32');
    t.deepEqual(shape('model.layers.1.mlp.down_proj.weight'), [32, 64]);
    for (const [hf, gguf] of [
      ['model.embed_tokens', 'token_embd'],
      ['model.layers.1.mlp.down_proj', 'blk.1.ffn_down'],
      ['model.layers.0.self_attn.v_proj', 'blk.0.attn_v'],
    ])
      t.deepEqual(await after(`${hf}.weight`), await before(`${gguf}.weight`));
    for (const part of ['q', 'k']) {
      const stored = await before(`blk.1.attn_${part}.weight`);
      const found = await after(`model.layers.1.self_attn.${part}_proj.weight`);
      t.deepEqual(found, halves(stored, 32));
      t.notDeepEqual(found, stored);
    }
  });

test('a bias of q goes the way of its rows, and Qwen keeps both', async t => {
  const tensors = { 'blk.0.attn_q.bias': { extents: [32] } };
  const llama = await convert(t, ['llama', undefined, { tensors }]);
  const bias = await llama.before('blk.0.attn_q.bias');
  t.deepEqual(await llama.after('model.layers.0.self_attn.q_proj.bias'), halves(bias, 1));
  t.deepEqual(await llama.after('model.layers.1.self_attn.o_proj.bias'), new Float32Array(32));
  const qwen = await convert(t, ['qwen2', undefined, { tensors }]);
  t.deepEqual(await qwen.after('model.layers.0.self_attn.q_proj.bias'), bias);
  t.deepEqual(
    await qwen.after('model.layers.0.self_attn.q_proj.weight'),
    await qwen.before('blk.0.attn_q.weight'),
  );
});

test('the narrowest element type that loses nothing, unless one is given', async t => {
  const norms = (value: number) =>
    Object.fromEntries(
      ['output_norm', 'blk.0.attn_norm', 'blk.0.ffn_norm', 'blk.1.attn_norm', 'blk.1.ffn_norm'].map(name => [
        `${name}.weight`,
        { extents: [32], bytes: new Uint8Array(new Float32Array(32).fill(value).buffer) },
      ]),
    );
  const dtypeOf = async (type: 'F32' | 'F16' | 'BF16' | 'Q8_0', norm: number, options = {}) => {
    const { dtype, config } = await convert(t, ['llama', undefined, { type, tensors: norms(norm) }], options);
    t.is(config.torch_dtype, { F32: 'float32', F16: 'float16', BF16: 'bfloat16' }[dtype as 'F32']);
    return dtype;
  };
  t.is(await dtypeOf('BF16', 1.5), 'BF16');
  t.is(await dtypeOf('BF16', 1 + 2 ** -10), 'F32');
  t.is(await dtypeOf('F16', 1 + 2 ** -10), 'F16');
  t.is(await dtypeOf('F16', 1e5), 'F32');
  t.is(await dtypeOf('F32', 1), 'F32');
  t.is(await dtypeOf('Q8_0', 1), 'F32');
  t.is(await dtypeOf('Q8_0', 1, { dtype: 'BF16' }), 'BF16');
});

test('a tensor in pieces, whole heads of it where rows are reordered', async t => {
  // 70,000 tokens of 32 numbers are three pieces.
  const tokens = Array.from({ length: 70_000 }, (_, i) => `t${i}`);
  const metadata = {
    'tokenizer.ggml.tokens': ['array', tokens, 'string'],
    'tokenizer.ggml.token_type': ['array', tokens.map(() => 1), 'i32'],
    'tokenizer.ggml.merges': ['array', [], 'string'],
  } as const;
  const tensors = { 'token_embd.weight': { extents: [32, 70_000], type: 'Q8_0' } } as const;
  const seen: [number, number][] = [];
  const { before, after } = await convert(t, ['llama', undefined, { metadata, tensors }], {
    onProgress: (done, total) => seen.push([done, total]),
  });
  t.deepEqual(await after('model.embed_tokens.weight'), await before('token_embd.weight'));
  t.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, i) => [i + 1, 20]),
  );
});

test('an interruption leaves nothing', async t => {
  const file = await writeBytes(t, ggufBytes(tinyModel('llama')));
  const folder = path.join(path.dirname(file), 'out');
  const control = new AbortController();
  const onProgress = (done: number) => done === 3 && control.abort(new Error('enough'));
  await t.throwsAsync(convertGguf(file, folder, { signal: control.signal, onProgress }), {
    message: 'enough',
  });
  t.deepEqual(await readdir(path.dirname(file)), ['model.gguf']);
  await t.throwsAsync(convertGguf(file, folder, { signal: control.signal }), { message: 'enough' });
});

test('a folder that holds anything is left as it is', async t => {
  const file = await writeBytes(t, ggufBytes(tinyModel('llama')));
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, 'full'));
  await writeFile(path.join(folder, 'full', 'notes.txt'), 'mine');
  await throwsCode(t, () => convertGguf(file, path.join(folder, 'full')), 'E_OUTPUT_EXISTS', /notes\.txt/);
  await throwsCode(t, () => convertGguf(file, file), 'E_OUTPUT_EXISTS', /a file is in its place/);
  await throwsCode(
    t,
    () => convertGguf(folder, path.join(folder, 'out')),
    'E_MODEL_NOT_FOUND',
    /is a folder/,
  );
  t.is(await readFile(path.join(folder, 'full', 'notes.txt'), 'utf8'), 'mine');
});
