import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { temporaryFolder, throwsCode } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { convertLlama2c } from './convert-llama2c.js';
import { rawTokenizerBytes, sharedData, testWith, tokenizerBytes } from './fixtures.test.data.js';
import { checkpointBytes, headerBytes, smallSizes } from './llama2c-file.test.data.js';
import { fromCheckpoint, fromFolder, referenceSteps } from './reference-llama.test.data.js';

const smallTokenizer = tokenizerBytes([
  [' ', -1],
  ['a', -2],
  [' a', -3],
]);

/** Writes checkpoint and tokenizer, converts them, and gives the folder. */
const convert = async (
  t: ExecutionContext,
  checkpoint: Uint8Array,
  tokenizer: Uint8Array = smallTokenizer,
) => {
  const folder = await temporaryFolder(t);
  const [model, pieces, out] = ['model.bin', 'tokenizer.bin', 'out'].map(name => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(model, checkpoint);
  await writeFile(pieces, tokenizer);
  try {
    await convertLlama2c(model, pieces, out);
  } catch (error) {
    t.deepEqual((await readdir(folder)).sort(), ['model.bin', 'tokenizer.bin'], 'a failure leaves nothing');
    throw error;
  }
  return out;
};

/** The largest difference between the logits of the file and those of the folder, over some tokens. */
const largestDifference = async (file: Buffer, version: 0 | 1, folder: string, tokens: readonly number[]) => {
  const before = referenceSteps(fromCheckpoint(file, version));
  const after = referenceSteps(await fromFolder(folder));
  return Math.max(
    ...tokens.flatMap(token => {
      const expected = before(token);
      return after(token).map((logit, i) => Math.abs(logit - expected[i]!));
    }),
  );
};

for (const version of [0, 1] as const)
  for (const tied of [true, false])
    test(`version ${version}, ${tied ? 'tied' : 'with a head of its own'}: the folder computes what the file does`, async t => {
      const file = checkpointBytes(version, smallSizes, tied);
      const folder = await convert(t, file);
      t.true((await largestDifference(file, version, folder, [1, 261, 260, 5, 100, 259])) < 1e-12);
      const { config, tensors } = await createHuggingFaceFormat().open(folder);
      t.is(config.tie_word_embeddings, tied);
      t.is(tensors.has('lm_head.weight'), !tied);
      t.deepEqual(tensors.get('model.layers.1.self_attn.k_proj.weight')!.shape, [8, 16]);
    });

test('without the reordering of rows the logits would differ', async t => {
  const file = checkpointBytes(0, smallSizes, true);
  const wrong = { ...fromCheckpoint(file, 0), pairs: 'halves' } as const;
  const [expected, found] = [fromCheckpoint(file, 0), wrong].map(model => {
    const step = referenceSteps(model);
    return [1, 261, 260].map(step).at(-1)!;
  });
  t.true(Math.max(...found!.map((logit, i) => Math.abs(logit - expected![i]!))) > 1e-3);
});

test('config and tokenizer have what Hugging Face asks for', async t => {
  const folder = await convert(t, checkpointBytes(1, smallSizes, false));
  t.deepEqual((await readdir(folder)).sort(), [
    'config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  const read = async (name: string) => JSON.parse(await readFile(path.join(folder, name), 'utf8'));
  t.like(await read('config.json'), {
    architectures: ['LlamaForCausalLM'],
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 4,
    vocab_size: 262,
    max_position_embeddings: 8,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    bos_token_id: 1,
    eos_token_id: 2,
  });
  t.like(await read('tokenizer_config.json'), { add_bos_token: true, bos_token: '<s>', eos_token: '</s>' });
});

const patched = (bytes: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy.writeInt32LE(value, at);
  return copy;
};
const legacy = checkpointBytes(0, smallSizes, true);
const modern = checkpointBytes(1, smallSizes, true);

const badCheckpoints: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['an empty file', Buffer.alloc(0), /has 0 bytes, expected a header/],
  ['a legacy header that is cut short', legacy.subarray(0, 27), /has 27 bytes/],
  [
    'a version 1 header that is cut short',
    modern.subarray(0, 100),
    /has 100 bytes, expected a header of 256/,
  ],
  ['a legacy file that is cut short', legacy.subarray(0, -1), /but its header asks for/],
  ['a version 1 file that is cut short', modern.subarray(0, -4), /but its header asks for/],
  ['bytes behind the last tensor', Buffer.concat([legacy, Buffer.of(0)]), /but its header asks for/],
  ['a quantised file', headerBytes(2, smallSizes, true), /version 2, which is quantised to int8/],
  ['an unknown version', headerBytes(3, smallSizes, true), /version 3, expected 0 or 1/],
  ['no layers', patched(legacy, 8, 0), /the layers 0 in its header/],
  ['a negative width', patched(legacy, 0, -16), /the dim -16/],
  ['a negative vocabulary in version 1', patched(modern, 28, -262), /the vocabulary -262/],
  ['heads that do not divide the width', patched(legacy, 12, 3), /do not divide/],
  ['KV heads that do not divide the heads', patched(legacy, 16, 3), /do not divide/],
  ['sizes beyond the file', patched(legacy, 4, 2 ** 31 - 1), /but its header asks for/],
  ['a PyTorch file', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(60)]), /in its header/],
];

for (const [what, bytes, message] of badCheckpoints)
  test(`${what} is refused`, t => throwsCode(t, () => convert(t, bytes), 'E_LLAMA2C', message));

const pieces = (last: string | Uint8Array, score = -3) =>
  tokenizerBytes([
    [' ', -1],
    ['a', -2],
    [last, score],
  ]);

const badTokenizers: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['an empty tokenizer', Buffer.alloc(0), /has 0 pieces, but the checkpoint has a vocabulary of 262/],
  ['a tokenizer of another size', tokenizerBytes([['a', 0]]), /has 260 pieces/],
  [
    'a tokenizer that is cut inside a piece',
    smallTokenizer.subarray(0, -1),
    /gives the piece 261 2 bytes, but 1 are left/,
  ],
  ['a tokenizer that is cut inside a length', smallTokenizer.subarray(0, -3), /ends inside the piece 261/],
  [
    'a negative length',
    patched(smallTokenizer, smallTokenizer.length - 6, -1),
    /gives the piece 261 -1 bytes/,
  ],
  ['a piece that is not UTF-8', pieces(Uint8Array.of(0xff)), /piece 261 that is not UTF-8/],
  ['a piece that comes twice', pieces('a'), /"a" twice, as pieces 260 and 261/],
  ['a score that is no number', pieces('b', Number.NaN), /no number as the score of the piece 261/],
  [
    'a tokenizer without bytes',
    rawTokenizerBytes(Array.from({ length: 262 }, (_, i) => [`p${i}`, 0] as const)),
    /"p3" as piece 3, expected <0x00>/,
  ],
];

for (const [what, bytes, message] of badTokenizers)
  test(`${what} is refused`, t => throwsCode(t, () => convert(t, legacy, bytes), 'E_LLAMA2C', message));

test('missing files are refused', async t => {
  const folder = await temporaryFolder(t);
  const [model, out] = [path.join(folder, 'model.bin'), path.join(folder, 'out')];
  await throwsCode(t, () => convertLlama2c(model, model, out), 'E_MODEL_NOT_FOUND', /model\.bin/);
  await writeFile(model, legacy);
  await throwsCode(t, () => convertLlama2c(model, `${model}.none`, out), 'E_TOKENIZER', /model\.bin\.none/);
  t.deepEqual(await readdir(folder), ['model.bin']);
});

test('a folder that holds anything is left as it is', async t => {
  const folder = await temporaryFolder(t);
  const file = (name: string): string => path.join(folder, name);
  await writeFile(file('model.bin'), legacy);
  await writeFile(file('tokenizer.bin'), smallTokenizer);
  await mkdir(file('out'));
  await writeFile(file('out/model-00001-of-00002.safetensors'), 'mine');
  const into = (name: string) => () => convertLlama2c(file('model.bin'), file('tokenizer.bin'), file(name));
  await throwsCode(t, into('out'), 'E_OUTPUT_EXISTS', /out is not empty: it holds model-00001/);
  await throwsCode(t, into('model.bin'), 'E_OUTPUT_EXISTS', /a file is in its place/);
  await throwsCode(t, into('model.bin/out'), 'E_OUTPUT_EXISTS', /a file is in its place/);
  t.is(await readFile(file('out/model-00001-of-00002.safetensors'), 'utf8'), 'mine');
  await mkdir(file('empty'));
  await t.notThrowsAsync(into('empty')());
});

test('folders in the place of the files are refused', async t => {
  const folder = await temporaryFolder(t);
  await throwsCode(
    t,
    () => convertLlama2c(folder, folder, `${folder}/out`),
    'E_MODEL_NOT_FOUND',
    /is a folder/,
  );
});

const stories = 'models/stories260K';

for (const [version, name] of [
  [0, 'stories260K.bin'],
  [1, 'stories260K.v1.bin'],
] as const)
  testWith(stories)(`${name}: logits agree and the greedy text is the known one`, async t => {
    const file = sharedData(`${stories}/${name}`);
    const folder = path.join(await temporaryFolder(t), 'out');
    await convertLlama2c(file, sharedData(`${stories}/tok512.bin`), folder);
    t.true((await largestDifference(await readFile(file), version, folder, [1, 403, 407, 261, 378])) < 1e-9);

    const step = referenceSteps(await fromFolder(folder));
    const ids: number[] = [];
    for (let token = 1; ids.length < 200; ids.push(token)) {
      const logits = step(token);
      token = logits.indexOf(Math.max(...logits));
    }
    const tokenizer = new Tokenizer(
      JSON.parse(await readFile(path.join(folder, 'tokenizer.json'), 'utf8')),
      {},
    );
    const expected = (await readFile(sharedData(`${stories}/expected-greedy-200.txt`), 'utf8')).trim();
    const text = tokenizer.decode(ids, { clean_up_tokenization_spaces: false });
    t.true(text.startsWith(expected), text);
  });

testWith(stories)('the quantised form of stories260K is refused', async t => {
  const file = sharedData(`${stories}/stories260K.q80.bin`);
  const folder = path.join(await temporaryFolder(t), 'out');
  await throwsCode(
    t,
    () => convertLlama2c(file, sharedData(`${stories}/tok512.bin`), folder),
    'E_LLAMA2C',
    /quantised/,
  );
});
