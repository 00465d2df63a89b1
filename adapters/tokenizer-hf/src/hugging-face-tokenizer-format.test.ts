import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { SecateurError } from '@secateur/core';
import test, { type ExecutionContext } from 'ava';
import { folderOf, sharedData, testWith, tinySettings, tinyTokenizer } from './fixtures.test.data.js';
import { createHuggingFaceTokenizerFormat } from './hugging-face-tokenizer-format.js';

const format = createHuggingFaceTokenizerFormat();
const openWith = async (t: ExecutionContext, files: Readonly<Record<string, unknown>>) =>
  format.open(await folderOf(t, files));

const tiny = { 'tokenizer.json': tinyTokenizer, 'tokenizer_config.json': tinySettings };

test('text becomes ids without BOS and EOS, and ids become the text', async t => {
  const tokenizer = await openWith(t, tiny);
  t.deepEqual(tokenizer.encode('hello hello\n'), [10, 9, 7, 10, 9, 7, 2]);
  t.is(tokenizer.decode([10, 9, 7, 10, 9, 7, 2]), 'hello hello\n');
  t.deepEqual(tokenizer.encode(''), []);
  t.is(tokenizer.decode([]), '');
});

test('the size counts added tokens; special ids come from tokenizer_config.json', async t => {
  const { size, bos, eos } = await openWith(t, tiny);
  t.deepEqual({ size, bos, eos }, { size: 13, bos: 1, eos: 12 });
});

test('a text opens with what the tokenizer puts first, and starts from BOS, else EOS, all the same', async t => {
  const of = async (settings: object, tokenizer: object = tinyTokenizer) => {
    const { opening, start } = await openWith(t, {
      'tokenizer.json': tokenizer,
      'tokenizer_config.json': { ...tinySettings, ...settings },
    });
    return { opening, start };
  };
  const plain = { ...tinyTokenizer, post_processor: null };
  t.deepEqual(await of({}), { opening: [1], start: 1 });
  t.deepEqual(await of({}, plain), { opening: [], start: 1 });
  t.deepEqual(await of({ add_bos_token: false }), { opening: [], start: 1 });
  t.deepEqual(await of({ add_bos_token: true }, plain), { opening: [1], start: 1 });
  t.deepEqual(await of({ bos_token: null }, plain), { opening: [], start: 12 });
  t.deepEqual(await of({ bos_token: null, eos_token: null }, plain), { opening: [], start: undefined });
});

test('special tokens are spelled when decoded, and ids beyond the tokenizer stand for nothing', async t => {
  const tokenizer = await openWith(t, tiny);
  t.deepEqual(tokenizer.encode('hello</s>'), [10, 9, 7, 12]);
  t.is(tokenizer.decode([10, 9, 7, 12, 13, 99]), 'hello</s>');
  t.is(tokenizer.decode([99]), '');
});

test('spaces before punctuation stay, unless the folder asks for their removal', async t => {
  const ids = [10, 9, 7, 3, 11];
  t.is((await openWith(t, { 'tokenizer.json': tinyTokenizer })).decode(ids), 'hello .');
  const settings = { ...tinySettings, clean_up_tokenization_spaces: true };
  t.is((await openWith(t, { ...tiny, 'tokenizer_config.json': settings })).decode(ids), 'hello.');
});

test('config.json stands in where tokenizer_config.json is silent', async t => {
  const config = { 'config.json': { bos_token_id: 1, eos_token_id: [12, 7] } };
  const without = await openWith(t, { 'tokenizer.json': tinyTokenizer, ...config });
  t.deepEqual([without.bos, without.eos], [1, 12]);
  const settings = { bos_token: null };
  const none = await openWith(t, {
    'tokenizer.json': tinyTokenizer,
    'tokenizer_config.json': settings,
    ...config,
  });
  t.deepEqual([none.bos, none.eos], [undefined, 12]);
  const unused = await openWith(t, {
    ...tiny,
    'tokenizer_config.json': { ...tiny['tokenizer_config.json'], add_bos_token: false },
  });
  t.deepEqual([unused.bos, unused.eos], [undefined, 12]);
  const bare = await openWith(t, { 'tokenizer.json': tinyTokenizer });
  t.deepEqual([bare.bos, bare.eos], [undefined, undefined]);
});

type Refused = readonly [string, Readonly<Record<string, unknown>>, RegExp];

const { model } = tinyTokenizer;
/** One piece with another id. */
const withId = (id: unknown) => ({ ...tinyTokenizer, model: { ...model, vocab: { ...model.vocab, h: id } } });

const refused: readonly Refused[] = [
  ['a folder without tokenizer.json', {}, /has no tokenizer\.json/],
  ['a tokenizer.json that is not JSON', { 'tokenizer.json': '{' }, /tokenizer\.json is not JSON/],
  ['a tokenizer.json that is an array', { 'tokenizer.json': [] }, /does not hold a JSON object/],
  [
    'a tokenizer.json without a model',
    { 'tokenizer.json': { version: '1.0' } },
    /is not a tokenizer that can be used/,
  ],
  [
    'an unknown kind of model',
    { 'tokenizer.json': { ...tinyTokenizer, model: { type: 'X' } } },
    /can be used/,
  ],
  ...[-1, 1.5, '7'].map(
    (id): Refused => [
      `the id ${JSON.stringify(id)}`,
      { 'tokenizer.json': withId(id) },
      /"h" has the id .*, expected a whole number from 0 on/,
    ],
  ),
  [
    'a tokenizer_config.json that is not JSON',
    { ...tiny, 'tokenizer_config.json': 'x' },
    /tokenizer_config\.json is not JSON/,
  ],
  [
    'an unknown BOS',
    { ...tiny, 'tokenizer_config.json': { bos_token: '<bos>' } },
    /bos_token "<bos>", which tokenizer\.json does not know/,
  ],
  [
    'an id beyond the vocabulary',
    { 'tokenizer.json': tinyTokenizer, 'config.json': { eos_token_id: 13 } },
    /eos_token_id 13/,
  ],
];

for (const [what, files, message] of refused)
  test(`${what} is refused`, async t => {
    const error = await t.throwsAsync<SecateurError>(openWith(t, files), {
      instanceOf: SecateurError,
      message,
    });
    t.is(error?.code, 'E_TOKENIZER');
  });

test('a tokenizer.model alone is refused with the way to convert it', async t => {
  const error = await t.throwsAsync<SecateurError>(openWith(t, { 'tokenizer.model': 'x' }), {
    instanceOf: SecateurError,
  });
  t.regex(error?.hint ?? '', /save_pretrained/);
});

test('a folder that does not exist is refused', async t => {
  const folder = path.join(await folderOf(t, {}), 'none');
  const error = await t.throwsAsync<SecateurError>(format.open(folder), { instanceOf: SecateurError });
  t.is(error?.code, 'E_TOKENIZER');
});

testWith('tokenizers/llama')(
  'the LLaMA tokenizer: size, special ids, known ids, and texts that come back',
  async t => {
    const tokenizer = await format.open(sharedData('tokenizers/llama'));
    t.deepEqual([tokenizer.size, tokenizer.bos, tokenizer.eos], [32000, 1, 2]);
    t.deepEqual(tokenizer.encode('Hello world'), [15043, 3186]);
    t.deepEqual(tokenizer.encode('Hi\n'), [6324, 13]);
    const alice = await readFile(sharedData('text/gutenberg/alice-in-wonderland-11.txt'), 'utf8');
    const part = alice.slice(2000, 42000);
    t.is(tokenizer.decode(tokenizer.encode(part)), part);
    for (const text of ['  two  spaces ', 'tab\there', '🐈‍⬛ 漢字 é', ' '])
      t.is(tokenizer.decode(tokenizer.encode(text)), text);
  },
);
