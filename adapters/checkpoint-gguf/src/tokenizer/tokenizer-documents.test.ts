import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import { throwsCode } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { ggufBytes, sharedData, type Typed, testWith, writeBytes } from '../fixtures.test.data.js';
import { openGguf } from '../reader/open-gguf.js';
import { byteLevelTokenizer, sentencePieceTokenizer } from '../tiny-models.test.data.js';
import { preTokenizers } from './pre-tokenizers.js';
import { tokenizerOf } from './tokenizer-documents.js';

type Documents = Readonly<Record<string, Record<string, unknown>>>;

const documentsOf = async (
  t: ExecutionContext,
  metadata: Readonly<Record<string, Typed>>,
  rows = 8,
  without: readonly string[] = [],
) => {
  const left = Object.fromEntries(Object.entries(metadata).filter(([key]) => !without.includes(key)));
  const gguf = await openGguf(await writeBytes(t, ggufBytes({ metadata: left })));
  return tokenizerOf(gguf, rows, 64);
};

const open = async (t: ExecutionContext, ...given: [Readonly<Record<string, Typed>>, number?]) => {
  const documents = (await documentsOf(t, ...given)).documents as Documents;
  const [json, settings] = [documents['tokenizer.json']!, documents['tokenizer_config.json']!];
  const tokenizer = new Tokenizer(json, settings);
  return {
    json,
    settings,
    tokenizer,
    encode: (text: string, special = false) => tokenizer.encode(text, { add_special_tokens: special }).ids,
  };
};

test('byte-level: merges, bytes, control tokens and settings', async t => {
  const { encode, tokenizer, settings, json } = await open(t, byteLevelTokenizer);
  t.deepEqual(encode('ab abb\n<|end|>c'), [4, 5, 1, 7, 6, 2]);
  t.is(tokenizer.decode([4, 5, 1, 7, 2]), 'ab abb\nc');
  t.deepEqual(encode('ab', true), [4]);
  t.deepEqual(settings, {
    eos_token: '<|end|>',
    chat_template: '{{ messages }}',
    clean_up_tokenization_spaces: false,
    model_max_length: 64,
    tokenizer_class: 'PreTrainedTokenizerFast',
  });
  t.like((json.added_tokens as unknown[])[0], { id: 6, content: '<|end|>', special: true });
});

test('templates with names are a list, the default among them', async t => {
  const { settings } = await open(t, {
    ...byteLevelTokenizer,
    'tokenizer.chat_templates': ['array', ['default', 'tool_use'], 'string'],
    'tokenizer.chat_template.tool_use': ['string', '{{ tools }}'],
  });
  t.deepEqual(settings.chat_template, [
    { name: 'default', template: '{{ messages }}' },
    { name: 'tool_use', template: '{{ tools }}' },
  ]);
  await throwsCode(
    t,
    () => documentsOf(t, { ...byteLevelTokenizer, 'tokenizer.chat_templates': ['array', ['rag'], 'string'] }),
    'E_GGUF',
    /lacks tokenizer\.chat_template\.rag/,
  );
});

test('ids with a meaning are there without tokens, too, and must be rows', async t => {
  const ids = {
    'tokenizer.ggml.eos_token_id': ['u32', 6],
    'tokenizer.ggml.eot_token_id': ['u32', 7],
  } as const;
  const given = { 'tokenizer.ggml.model': ['string', 'none'], ...ids } as const;
  t.like(await documentsOf(t, given), { documents: {}, ids: { bos: undefined, eos: 6, eot: 7 } });
  await throwsCode(t, () => documentsOf(t, given, 7), 'E_GGUF', /has 7 as tokenizer\.ggml\.eot_token_id/);
});

test('tokens so long that their merges would fill the memory are refused', async t => {
  const tokens = Array.from({ length: 300 }, (_, i) => String.fromCodePoint(0x4e00 + i).repeat(1000));
  const file = {
    'tokenizer.ggml.model': ['string', 'llama'],
    'tokenizer.ggml.tokens': ['array', tokens, 'string'],
    'tokenizer.ggml.scores': ['array', tokens.map(() => 0), 'f32'],
  } as const;
  await throwsCode(t, () => documentsOf(t, file, 300), 'E_GGUF', /so many long tokens/);
});

test('byte-level: BOS stands before where the file or the kind says so', async t => {
  const bos = { ...byteLevelTokenizer, 'tokenizer.ggml.bos_token_id': ['u32', 6] } as const;
  const asked = async (pre: string, also: Readonly<Record<string, Typed>> = {}) =>
    (await open(t, { ...bos, 'tokenizer.ggml.pre': ['string', pre], ...also })).encode('ab', true);
  t.deepEqual(await asked('smollm'), [4]);
  t.deepEqual(await asked('llama-bpe'), [6, 4]);
  t.deepEqual(await asked('llama-bpe', { 'tokenizer.ggml.add_bos_token': ['bool', false] }), [4]);
  const both = {
    'tokenizer.ggml.add_bos_token': ['bool', true],
    'tokenizer.ggml.add_eos_token': ['bool', true],
  } as const;
  t.deepEqual(await asked('smollm', both), [6, 4, 6]);
});

/** The pieces of a text before anything merges; Ġ stands for a space. */
const splitsOf = async (t: ExecutionContext, pre: string, text: string): Promise<readonly string[]> => {
  const { tokenizer } = await open(t, { ...byteLevelTokenizer, 'tokenizer.ggml.pre': ['string', pre] });
  const { pre_tokenizer } = tokenizer as unknown as {
    readonly pre_tokenizer: { pre_tokenize_text(text: string): string[] };
  };
  return pre_tokenizer.pre_tokenize_text(text).map(piece => piece.replaceAll('Ġ', ' '));
};

for (const [pre, expected] of [
  ['gpt-2', ['It', "'s", ' 12345', ' OK', '!!']],
  ['smollm', ['It', "'s", ' ', '1', '2', '3', '4', '5', ' OK', '!!']],
  ['llama-bpe', ['It', "'s", ' ', '123', '45', ' OK', '!!']],
  ['qwen2', ['It', "'s", ' ', '1', '2', '3', '4', '5', ' OK', '!!']],
  ['tekken', ['It', "'s", ' ', '1', '2', '3', '4', '5', ' OK', '!!']],
  ['deepseek-v3', ['It', "'s", ' ', '123', '45', ' OK', '!!']],
  ['default', ['It', "'", 's', ' ', '123', '45', ' OK', '!!']],
] as const)
  test(`${pre} splits as its models do`, async t => {
    t.deepEqual(await splitsOf(t, pre, "It's 12345 OK!!"), expected);
  });

test('SentencePiece: the best score merges first, unknown characters are bytes', async t => {
  const { encode, tokenizer, settings } = await open(t, sentencePieceTokenizer);
  t.deepEqual(encode('aaa A', true), [1, 6, 7, 4, 3]);
  t.is(tokenizer.decode([6, 7, 4, 3]), 'aaa A');
  t.like(settings, { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' });
  const bare = await open(t, {
    ...sentencePieceTokenizer,
    'tokenizer.ggml.add_space_prefix': ['bool', false],
    'tokenizer.ggml.add_bos_token': ['bool', false],
  });
  t.deepEqual(bare.encode('aaa', true), [7, 5]);
  t.is(bare.tokenizer.decode([4, 7]), ' aa');
});

test('a file without a tokenizer has no documents', async t => {
  t.deepEqual((await documentsOf(t, {})).documents, {});
  t.deepEqual((await documentsOf(t, { 'tokenizer.ggml.model': ['string', 'no_vocab'] })).documents, {});
});

const changed = (key: string, value: Typed, base = byteLevelTokenizer) => ({
  ...base,
  [`tokenizer.ggml.${key}`]: value,
});
const bad: readonly (readonly [string, Readonly<Record<string, Typed>>, RegExp])[] = [
  [
    'another kind',
    { 'tokenizer.ggml.model': ['string', 't5'] },
    /the kind "t5", expected one of llama, gpt2/,
  ],
  ['a name of Object', { 'tokenizer.ggml.model': ['string', 'toString'] }, /the kind "toString"/],
  [
    'an unknown way to split',
    changed('pre', ['string', 'new']),
    /splits text as "new" does, expected one of default/,
  ],
  [
    'too few tokens',
    changed('tokens', ['array', ['a'], 'string']),
    /has 1 tokens, but an embedding of 8 rows/,
  ],
  ['too few types', changed('token_type', ['array', [1], 'i32']), /1 types of tokens for 8/],
  [
    'a token twice',
    changed('tokens', ['array', ['a', 'b', 'c', 'a', 'e', 'f', 'g', 'h'], 'string']),
    /"a" twice, as 0 and 3/,
  ],
  [
    'a long token',
    changed('tokens', ['array', ['a'.repeat(1025), ...'bcdefgh'], 'string']),
    /a token 0 of 1025 characters/,
  ],
  ['tokens that are numbers', changed('tokens', ['array', [1, 2], 'u8']), /expected a list of texts/],
  [
    'an id beyond',
    changed('eos_token_id', ['u32', 8]),
    /has 8 as tokenizer\.ggml\.eos_token_id, expected less than 8/,
  ],
  ['a merge of one', changed('merges', ['array', ['ab'], 'string']), /merges "ab", expected two tokens/],
  ['a merge into nothing', changed('merges', ['array', ['b a'], 'string']), /merges "b a"/],
  [
    'too few scores',
    changed('scores', ['array', [1], 'f32'], sentencePieceTokenizer),
    /has 1 scores for 8 tokens/,
  ],
  [
    'scores that are no numbers',
    changed('scores', ['array', Array(8).fill(Number.NaN), 'f32'], sentencePieceTokenizer),
    /expected a list of numbers/,
  ],
];

for (const [what, metadata, message] of bad)
  test(`${what} is refused`, t => throwsCode(t, () => documentsOf(t, metadata), 'E_GGUF', message));

test('every expression is one that JavaScript can read', async t => {
  for (const pre of preTokenizers.keys()) t.true((await splitsOf(t, pre, 'a 1')).length > 0, pre);
});

testWith('tokenizers/llama')(
  'the tokenizer of LLaMA, made of its scores, has the ids of the published one',
  async t => {
    const published = JSON.parse(await readFile(sharedData('tokenizers/llama/tokenizer.json'), 'utf8'));
    const tokens = Object.entries(published.model.vocab as Record<string, number>)
      .sort(([, a], [, b]) => a - b)
      .map(([token]) => token);
    const types = tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1));
    const { encode, json } = await open(
      t,
      {
        'tokenizer.ggml.model': ['string', 'llama'],
        'tokenizer.ggml.tokens': ['array', tokens, 'string'],
        'tokenizer.ggml.token_type': ['array', types, 'i32'],
        // LLaMA's scores count down from the first piece that is no byte; spaces merge last.
        'tokenizer.ggml.scores': [
          'array',
          tokens.map((token, id) => (/^▁+$/.test(token) ? -1e9 : Math.min(0, 259 - id))),
          'f32',
        ],
      },
      tokens.length,
    );
    const pairs = (merges: readonly (string | readonly string[])[]): string =>
      merges
        .map(merge => (typeof merge === 'string' ? merge : merge.join(' ')))
        .sort()
        .join('\n');
    const { merges } = json.model as { merges: string[][] };
    t.true(pairs(merges) === pairs(published.model.merges), 'the pairs that merge are the published ones');
    const tokenizer = new Tokenizer(published, {});
    for (const text of [
      '',
      'a',
      '  two  spaces\n\n\ttab',
      'Ünïcödé 你好 ½ 🙂',
      'x'.repeat(50),
      ...Array.from({ length: 40 }, (_, i) => `a${' '.repeat(i)}b`),
      "don't = 12,345.6;",
      '</s> <s>',
    ])
      t.deepEqual(encode(text, true), tokenizer.encode(text).ids, text);
  },
);
