import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type ErrorCode, SecateurError, type TextSource } from '@secateur/core';
import { testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { createTextFileReader } from './text-file-reader.js';

const reader = createTextFileReader();

/** Writes a file of that name and reads it; the folder goes away with the test. */
const readAs = async (
  t: ExecutionContext,
  name: string,
  content: string | Uint8Array,
): Promise<TextSource> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secateur-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await writeFile(path.join(folder, name), content);
  return reader.read('source', path.join(folder, name));
};

test('plain text is one document, as it is but for a byte order mark', async t => {
  const text = 'One.\r\n\r\nTwo…\n';
  const content = Buffer.from(`\ufeff${text}`);
  const source = await readAs(t, 'a.txt', content);
  t.deepEqual(source, {
    name: 'source',
    kind: 'text',
    documents: [{ text }],
    hash: createHash('sha256').update(content).digest('hex'),
  });
  t.deepEqual((await readAs(t, 'README', '{"text": 1}')).documents, [{ text: '{"text": 1}' }]);
});

test('JSON Lines of texts: a document a line, blank texts too; empty lines are passed over', async t => {
  const { kind, documents } = await readAs(
    t,
    'a.jsonl',
    '\ufeff{"text":"one\\ntwo","id":7}\r\n\n{"text":"  "}\n{"text":"three"}',
  );
  t.is(kind, 'text');
  t.deepEqual(documents, [{ text: 'one\ntwo' }, { text: '  ' }, { text: 'three' }]);
});

const records = [
  { instruction: 'Add.', input: '1 and 2', output: '3' },
  { instruction: 'Greet.', input: '', output: 'Hello' },
  { instruction: 'Say nothing.', input: null, output: '', text: 'ignored' },
  { instruction: 'Greet.', output: 'Hi' },
];

const withInput =
  'Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\nAdd.\n\n### Input:\n1 and 2\n\n### Response:';
const withoutInput = (instruction: string) =>
  `Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n${instruction}\n\n### Response:`;

const instructions = [
  { prompt: withInput, text: '3' },
  { prompt: withoutInput('Greet.'), text: 'Hello' },
  { prompt: withoutInput('Say nothing.'), text: '' },
  { prompt: withoutInput('Greet.'), text: 'Hi' },
];

test('instructions stand behind the prompts of Alpaca, in JSON and in JSON Lines', async t => {
  const lines = records.map(record => JSON.stringify(record)).join('\n');
  for (const [name, content] of [
    ['a.json', JSON.stringify(records)],
    ['a.jsonl', lines],
    ['a.NDJSON', lines],
  ] as const) {
    const { kind, documents } = await readAs(t, name, content);
    t.is(kind, 'instruction');
    t.deepEqual(documents, instructions, name);
  }
});

test('a JSON array of texts is read', async t => {
  const { kind, documents } = await readAs(t, 'a.json', '[{"text":"one"},{"text":"two"}]');
  t.deepEqual({ kind, documents }, { kind: 'text', documents: [{ text: 'one' }, { text: 'two' }] });
});

/** Written by pyarrow 26 with Snappy: the texts '', ' = Title = \n' and 'Words .\n'. */
const parquet = Buffer.from(
  [
    'UEFSMRUAFUwVUCwVBhUAFQYVBhwAAAAmlAIAAAAGAQAAAAAMAAAAID0gVGl0bGUgPSAKCAAAAFdvcmRzIC4KFQQZLDUAGAZzY2hl',
    'bWEVAgAVDCUCGAR0ZXh0JQBMHAAAABYGGRwZHCYAHBUMGSUGABkYBHRleHQVAhYGFnIWdiYISRwVABUAFQIAPBYoGQYZJgAGAAAA',
    'FnIWBiYIFnYAGRwYDEFSUk9XOnNjaGVtYRigAS8vLy8vM0FBQUFBUUFBQUFBQUFLQUF3QUJnQUZBQWdBQ2dBQUFBQUJCQUFNQUFB',
    'QUNBQUlBQUFBQkFBSUFBQUFCQUFBQUFFQUFBQVVBQUFBRUFBVUFBZ0FCZ0FIQUF3QUFBQVFBQkFBQUFBQUFBRUZFQUFBQUJ3QUFB',
    'QUVBQUFBQUFBQUFBUUFBQUIwWlhoMEFBQUFBQVFBQkFBRUFBQUEAGCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRkc',
    'HAAAADwBAABQQVIx',
  ].join(''),
  'base64',
);

test('Parquet is read as records', async t => {
  const { kind, documents } = await readAs(t, 'a.parquet', parquet);
  t.is(kind, 'text');
  t.deepEqual(documents, [{ text: '' }, { text: ' = Title = \n' }, { text: 'Words .\n' }]);
});

test('.gz is unpacked, and the name before it decides', async t => {
  const text = await readAs(t, 'a.txt.gz', gzipSync('plain'));
  t.deepEqual(text.documents, [{ text: 'plain' }]);
  t.is(text.hash, createHash('sha256').update(gzipSync('plain')).digest('hex'));
  t.deepEqual((await readAs(t, 'a.json.gz', gzipSync(JSON.stringify(records)))).documents, instructions);
});

/** What is wrong, the name of the file, its content, the code, and what the message must say. */
const refused: readonly (readonly [string, string, string | Uint8Array, ErrorCode, RegExp])[] = [
  ['an empty text', 'a.txt', '', 'E_TEXT_EMPTY', /a\.txt holds no text/],
  ['a blank text', 'a.txt', ' \n\n', 'E_TEXT_EMPTY', /holds no text/],
  ['JSON Lines without a record', 'a.jsonl', '\n\n', 'E_TEXT_EMPTY', /holds no text/],
  ['records of blank texts', 'a.jsonl', '{"text":""}', 'E_TEXT_EMPTY', /holds no text/],
  ['an empty array', 'a.json', '[]', 'E_TEXT_EMPTY', /holds no text/],
  [
    'a line that is not JSON',
    'a.jsonl',
    '{"text":"a"}\n\n{"text":',
    'E_TEXT_FORMAT',
    /a\.jsonl:3 is not JSON/,
  ],
  [
    'a line without text',
    'a.jsonl',
    '{"text":"a"}\n{"txt":"b"}',
    'E_TEXT_FORMAT',
    /a\.jsonl:2 has an object with txt, expected/,
  ],
  ['a line that is a number', 'a.jsonl', '7', 'E_TEXT_FORMAT', /a\.jsonl:1 has 7, expected/],
  ['a line that is an array', 'a.jsonl', '[1]', 'E_TEXT_FORMAT', /a\.jsonl:1 has an array/],
  [
    'a text that is a number',
    'a.jsonl',
    '{"text":7}',
    'E_TEXT_FORMAT',
    /a\.jsonl:1 has a wrong text: .*expected string/,
  ],
  ['an instruction without output', 'a.jsonl', '{"instruction":"x"}', 'E_TEXT_FORMAT', /wrong output/],
  [
    'records of two kinds',
    'a.jsonl',
    '{"text":"a"}\n{"instruction":"x","output":"y"}',
    'E_TEXT_FORMAT',
    /a\.jsonl:2 has a record with instruction, but those before it have text/,
  ],
  ['JSON that is cut short', 'a.json', '[\n{"text":"a"},\n', 'E_TEXT_FORMAT', /a\.json.* is not JSON/],
  [
    'JSON that is no array',
    'a.json',
    '{"text":"a"}',
    'E_TEXT_FORMAT',
    /a\.json:1 is not an array of records/,
  ],
  [
    'a bad record in a JSON array',
    'a.json',
    '[\n  {"text": "a, [b"},\n  {"text": "c"},\n\n  {"other": [1, 2]},\n  {"text": "d"}\n]',
    'E_TEXT_FORMAT',
    /a\.json:5 has an object with other/,
  ],
  ['a bad record at the start of a JSON array', 'a.json', '[\n 5]', 'E_TEXT_FORMAT', /a\.json:2 has 5/],
  ['Parquet that is none', 'a.parquet', 'plain', 'E_TEXT_FORMAT', /a\.parquet cannot be read as Parquet/],
  ['a NUL byte', 'a.txt', 'one\ntwo\0', 'E_TEXT_FORMAT', /a\.txt:2 holds a NUL byte/],
  ['Latin-1', 'a.txt', Buffer.from('one\ncaf\xe9\n', 'latin1'), 'E_TEXT_FORMAT', /a\.txt:2 is not UTF-8/],
  ['a gzip file that is none', 'a.txt.gz', 'plain', 'E_TEXT_FORMAT', /not a whole gzip file/],
  [
    'a gzip file that is cut short',
    'a.txt.gz',
    gzipSync('plain').subarray(0, -6),
    'E_TEXT_FORMAT',
    /not a whole gzip file/,
  ],
];

for (const [what, name, content, code, message] of refused)
  test(`${what} is refused`, async t => {
    const error = await t.throwsAsync<SecateurError>(readAs(t, name, content), {
      instanceOf: SecateurError,
      message,
    });
    t.is(error?.code, code);
  });

test('JSON Lines under the name of JSON are refused with the way out', async t => {
  const error = await t.throwsAsync<SecateurError>(readAs(t, 'a.json', '{"text":"a"}\n{"text":"b"}'));
  t.is(error?.code, 'E_TEXT_FORMAT');
  t.regex(error?.hint ?? '', /\.jsonl/);
});

test('a file that is missing, and a folder, are refused', async t => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secateur-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await mkdir(path.join(folder, 'inner'));
  for (const [name, message] of [
    ['none.txt', /does not exist/],
    ['inner', /is a folder/],
  ] as const) {
    const error = await t.throwsAsync<SecateurError>(reader.read('x', path.join(folder, name)), { message });
    t.is(error?.code, 'E_TEXT_NOT_FOUND');
  }
});

const shared = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));
/** `test`, or a test that is skipped and says why, where that development data is absent. */
const testWith = (name: string) =>
  testIf<ExecutionContext>(test, existsSync(shared(name)), `${name} is absent`);

for (const [name, kind, count] of [
  ['alpaca/alpaca_small_2000.json', 'instruction', 2000],
  ['text/webtext/webtext.valid.jsonl', 'text', 4724],
  ['text/tinystories/tinystories-944k.txt', 'text', 1],
  ['text/tinystories/tinystories-lowercase-4m.txt.gz', 'text', 1],
] as const)
  testWith(name)(`${name} is read as ${count} documents of ${kind}`, async t => {
    const source = await reader.read('shared', shared(name));
    t.deepEqual([source.kind, source.documents.length], [kind, count]);
  });
