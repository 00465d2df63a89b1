import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tokenTypes } from '@secateur/adapter-checkpoint-gguf';
import { temporaryFolder } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { tokenizerMetadata } from './tokenizer-metadata.js';
import { byteLevel, bytePieces, sentencePiece } from './tokenizers.test.data.js';

type Json = Readonly<Record<string, unknown>>;

/** Metadata of tokenizer files, by key, and the notes. */
const metadataOf = async (
  t: ExecutionContext,
  json: unknown,
  { config = {}, size = 512, documents = {} }: { config?: Json; size?: number; documents?: Json } = {},
) => {
  const folder = await temporaryFolder(t);
  const files = { 'tokenizer.json': json, ...documents };
  for (const [name, document] of Object.entries(files))
    await writeFile(
      path.join(folder, name),
      typeof document === 'string' ? document : JSON.stringify(document),
    );
  const companions = Object.keys(files).map(name => path.join(folder, name));
  const { entries, notes } = await tokenizerMetadata(companions, config, size);
  const values = Object.fromEntries(
    entries.map(([key, value]) => [key, value.type === 'array' ? value.values : value.value]),
  );
  return { values, notes };
};

const refused = async (t: ExecutionContext, json: unknown, message: RegExp, code = 'E_EXPORT') => {
  await t.throwsAsync(metadataOf(t, json), { code, message });
};

test('SentencePiece: scores have the order of merges, types say what each token is', async t => {
  const json = sentencePiece();
  const { values, notes } = await metadataOf(t, json, { size: 267 });
  t.is(values['tokenizer.ggml.model'], 'llama');
  const tokens = values['tokenizer.ggml.tokens'] as string[];
  const types = values['tokenizer.ggml.token_type'] as number[];
  const scores = values['tokenizer.ggml.scores'] as number[];
  const at = (token: string): number => tokens.indexOf(token);
  t.is(tokens.length, 267);
  t.deepEqual(
    ['<unk>', '<s>', '<0x41>', 'ab', '<extra>', '[PAD266]'].map(token => types[at(token)]),
    [
      tokenTypes.unknown,
      tokenTypes.control,
      tokenTypes.byte,
      tokenTypes.normal,
      tokenTypes.userDefined,
      tokenTypes.unused,
    ],
  );
  t.deepEqual(
    ['▁a', 'ab', '▁ab', 'a'].map(token => scores[at(token)]),
    [-1, -2, -3, -4],
  );
  t.true(values['tokenizer.ggml.add_space_prefix']);
  t.regex(notes.join(), /has 1 ids that its tokenizer does not use/);
});

test('SentencePiece by Metaspace', async t => {
  const metaspace = (prepend_scheme: string) => ({
    ...sentencePiece(),
    normalizer: null,
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme, split: false },
  });
  const prefix = async (scheme: string) =>
    (await metadataOf(t, metaspace(scheme))).values['tokenizer.ggml.add_space_prefix'];
  t.deepEqual([await prefix('always'), await prefix('first'), await prefix('never')], [true, true, false]);
  const notes = async (scheme: string) => (await metadataOf(t, metaspace(scheme))).notes.join();
  t.regex(await notes('first'), /also behind control tokens/);
  t.notRegex(await notes('always'), /control tokens/);
});

test('what llama.cpp would tokenise otherwise is refused', async t => {
  const json = sentencePiece();
  const model = (changes: Json) => ({ ...json, model: { ...json.model, ...changes } });
  const replaced = (pattern: Json, content: string) => ({
    ...json,
    normalizer: { type: 'Replace', pattern, content },
  });
  await refused(t, replaced({ String: '``' }, '"'), /replaces .*``.* by .*, expected a space by ▁/);
  await refused(t, replaced({ Regex: ' +' }, '▁'), /expected a space by ▁/);
  await refused(t, { ...json, normalizer: { type: 'Prepend', prepend: ' ' } }, /prepends " " to text/);
  await refused(t, { ...json, normalizer: null }, /leaves spaces as they are/);
  await refused(
    t,
    { ...json, normalizer: null, pre_tokenizer: { type: 'Metaspace', replacement: '_' } },
    /writes a space as "_"/,
  );
  await refused(t, model({ merges: json.model.merges.slice(0, -1) }), /does not merge ▁a and b/);
  await refused(t, model({ merges: ['▁ ab', ...json.model.merges] }), /merges ▁ab at two ranks/);
  await refused(t, { ...json, pre_tokenizer: { type: 'Digits' } }, /prepares text by Digits/);
  const vocab = Object.fromEntries(Object.entries(json.model.vocab).filter(([token]) => token !== '<0x00>'));
  await refused(t, model({ vocab }), /255 tokens for bytes/);
  await refused(t, model({ type: 'Unigram' }), /is Unigram/);
  await refused(t, model({ byte_fallback: false }), /neither falls back to bytes nor/);
});

const cl100k = (digits: string): string =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const split = (expression: string) => ({
  type: 'Split',
  pattern: { Regex: expression },
  behavior: 'Isolated',
  invert: false,
});
const level = (use_regex: boolean) => ({ type: 'ByteLevel', add_prefix_space: false, use_regex });
const sequence = (...pretokenizers: readonly object[]) => ({ type: 'Sequence', pretokenizers });

// As the models publish them.
const published: readonly (readonly [name: string, parts: Json, ignoreMerges?: boolean])[] = [
  ['gpt-2', { pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false } }],
  ['smollm', { pre_tokenizer: sequence({ type: 'Digits', individual_digits: true }, level(true)) }],
  ['llama-bpe', { pre_tokenizer: sequence(split(cl100k('\\p{N}{1,3}')), level(false)) }, true],
  ['qwen2', { pre_tokenizer: sequence(split(cl100k('\\p{N}')), level(false)), normalizer: { type: 'NFC' } }],
];

for (const [name, parts, ignoreMerges = false] of published)
  test(`a byte-level tokenizer that splits as ${name} does`, async t => {
    const { values, notes } = await metadataOf(t, byteLevel(parts, ignoreMerges), { size: 259 });
    t.is(values['tokenizer.ggml.model'], 'gpt2');
    t.is(values['tokenizer.ggml.pre'], name);
    t.deepEqual(values['tokenizer.ggml.merges'], ['Ġ a', 'Ġa b']);
    t.is(notes.length, name === 'qwen2' ? 1 : 0);
  });

test('a byte-level tokenizer that splits in another way is refused', async t => {
  for (const pre_tokenizer of [
    { type: 'ByteLevel', add_prefix_space: true },
    sequence(split('x'), level(false)),
    sequence({ type: 'Punctuation' }, level(true)),
  ])
    await refused(t, byteLevel({ pre_tokenizer }), /llama.cpp has no name for/);
  await refused(t, byteLevel({ normalizer: { type: 'Lowercase' } }), /llama.cpp has no name for/);
});

test('ids with a meaning come from tokenizer_config.json, else from config.json', async t => {
  const documents = {
    'tokenizer_config.json': {
      bos_token: { content: '<s>' },
      eos_token: '</s>',
      pad_token: '</s>',
      chat_template: [
        { name: 'tools', template: 'no' },
        { name: 'default', template: 'yes' },
      ],
    },
  };
  const { values } = await metadataOf(t, sentencePiece(), { documents, config: { bos_token_id: 7 } });
  t.like(values, {
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 2,
    'tokenizer.ggml.unknown_token_id': 0,
    'tokenizer.ggml.padding_token_id': 2,
    'tokenizer.chat_template': 'yes',
    'tokenizer.ggml.add_bos_token': true,
    'tokenizer.ggml.add_eos_token': false,
  });
  t.deepEqual(values['tokenizer.chat_templates'], ['tools']);
  t.is(values['tokenizer.chat_template.tools'], 'no');
  const bare = await metadataOf(t, byteLevel({}), { config: { bos_token_id: 3, eos_token_id: [4, 5] } });
  t.like(bare.values, {
    'tokenizer.ggml.bos_token_id': 3,
    'tokenizer.ggml.eos_token_id': 4,
    'tokenizer.ggml.eot_token_id': 5,
    'tokenizer.ggml.add_bos_token': false,
  });
  const jinja = await metadataOf(t, byteLevel({}), { documents: { 'chat_template.jinja': '{{ x }}' } });
  t.is(jinja.values['tokenizer.chat_template'], '{{ x }}');
});

test('add_bos_token wins over the template of tokenizer.json', async t => {
  const documents = { 'tokenizer_config.json': { bos_token: '<s>', add_bos_token: false } };
  t.false((await metadataOf(t, sentencePiece(), { documents })).values['tokenizer.ggml.add_bos_token']);
});

test('without tokenizer.json there are ids only', async t => {
  const { entries, notes } = await tokenizerMetadata([], {}, 10);
  t.deepEqual(entries, [['tokenizer.ggml.model', { type: 'string', value: 'none' }]]);
  t.regex(notes[0]!, /takes and gives token ids only/);
});

test('files that are damaged or of another model are refused', async t => {
  await refused(t, '{', /cannot be read as a tokenizer/, 'E_TOKENIZER');
  await refused(t, { model: { vocab: [] } }, /model.vocab/, 'E_TOKENIZER');
  await refused(t, { model: { vocab: { a: -1 }, merges: [] } }, /model.vocab/, 'E_TOKENIZER');
  await refused(t, byteLevel({ added_tokens: [{ id: 5, content: 'new' }] }), /the same id 5/, 'E_TOKENIZER');
  await t.throwsAsync(metadataOf(t, sentencePiece(), { size: bytePieces.length }), {
    code: 'E_TOKENIZER',
    message: /but the model has 256 tokens/,
  });
});

test('what llama.cpp does not know of a token is said, or refused', async t => {
  const strip = byteLevel({ added_tokens: [{ id: 258, content: '<|end|>', special: true, rstrip: true }] });
  t.regex(
    (await metadataOf(t, strip)).notes.join(),
    /spaces around <\|end\|> into account, which llama\.cpp/,
  );
  const json = byteLevel({});
  await refused(
    t,
    { ...json, model: { ...json.model, end_of_word_suffix: '</w>' } },
    /marks where words begin or end/,
  );
  const long = { ...json.model, vocab: { ...json.model.vocab, ['x'.repeat(2000)]: 300 } };
  await refused(t, { ...json, model: long }, /token 300 of 2000 characters/, 'E_TOKENIZER');
});
