import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { throwsCode } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { rowFileReader } from './row-file-reader.js';

/** Writes a file of that name and reads its rows; the folder goes away with the test. */
const readAs = async (t: ExecutionContext, name: string, content: string | Uint8Array) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secateur-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await writeFile(path.join(folder, name), content);
  const { rows, hash } = await rowFileReader.read(path.join(folder, name));
  return {
    hash,
    values: rows.map(({ value }) => value),
    places: rows.map(row => path.relative(folder, row.place())),
  };
};

const lines = '{"a":1}\n\n{"a":[2,"x"]}\n';

test('JSON Lines: a row a line, with its place; packed or under any name', async t => {
  for (const name of ['a.jsonl', 'a.jsonl.gz', 'rows']) {
    const { values, places } = await readAs(t, name, name.endsWith('.gz') ? gzipSync(lines) : lines);
    t.deepEqual(values, [{ a: 1 }, { a: [2, 'x'] }]);
    t.deepEqual(places, [`${name}:1`, `${name}:3`]);
  }
});

test('JSON: the elements of an array, with the lines on which they begin', async t => {
  const { values, places } = await readAs(t, 'a.json', '[\n {"a": 1},\n {"a": 2}]');
  t.deepEqual(values, [{ a: 1 }, { a: 2 }]);
  t.deepEqual(places, ['a.json:2', 'a.json:3']);
});

/** Written by pyarrow 25 with Zstandard: question, choices { text, label } and an int64 label. */
const parquet = Buffer.from(
  [
    'UEFSMRUEFT4VUEwVBBUAEgAAKLUv/SAf+QAADAAAAFdoYXQgc2hpbmVzPwsAAABXYXMgZsOkbGx0PxUAFRIVJCwVBBUQFQYVBhwA',
    'AAAotS/9IAlJAAACAAAABAEBAwIVBBVeFXBMFQoVABIAACi1L/0gL3kBAAcAAAB0aGUgc3VuBAAAAHJhaW4FAAAAUmVnZW4FAAAA',
    'TGljaHQGAAAAbmljaHRzFQAVIhU0LBUKFRAVBhUGHAAAACi1L/0gEYkAAAIAAAADGgIAAAAKBAMDiEYAFQQVMhVETBUKFQASAAAo',
    'tS/9IBnJAAABAAAAQQEAAABCAQAAADEBAAAAMgEAAAAzFQAVIhU0LBUKFRAVBhUGHAAAACi1L/0gEYkAAAIAAAADGgIAAAAKBAMD',
    'iEYAFQQVIBUyTBUEFQASAAAotS/9IBCBAAAAAAAAAAAAAAEAAAAAAAAAFQAVEhUkLBUEFRAVBhUGHAAAACi1L/0gCUkAAAIAAAAE',
    'AQEDAhUEGaw1ABgGc2NoZW1hFQYAFQwlAhgIcXVlc3Rpb24lAEwcAAAANQIYB2Nob2ljZXMVBAA1AhgEdGV4dBUCFQZMPAAAADUE',
    'GARsaXN0FQIAFQwlAhgHZWxlbWVudCUATBwAAAA1AhgFbGFiZWwVAhUGTDwAAAA1BBgEbGlzdBUCABUMJQIYB2VsZW1lbnQlAEwc',
    'AAAAFQQlAhgFbGFiZWwAFgQZHBlMJgAcFQwZNQAGEBkYCHF1ZXN0aW9uFQwWBBaSARa2ASZ0JggpLBUEFQAVAgAVABUQFQIAPBYu',
    'GQYZJgAEAAAAJgAcFQwZNQAGEBlIB2Nob2ljZXMEdGV4dARsaXN0B2VsZW1lbnQVDBYKFsIBFuYBJsoCJr4BKSwVBBUAFQIAFQAV',
    'EBUCADwWNhkmBAYZVgAAAAAKAAAAJgAcFQwZNQAGEBlIB2Nob2ljZXMFbGFiZWwEbGlzdAdlbGVtZW50FQwWChaWARa6ASaEBCak',
    'AyksFQQVABUCABUAFRAVAgA8FgoZJgQGGVYAAAAACgAAACYAHBUEGTUABhAZGAVsYWJlbBUMFgQWdBaYASasBSbeBCksFQQVABUC',
    'ABUAFRAVAgA8KQYZJgAEAAAAFt4EFgQmCBbuBQAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGUwcAAAcAAAcAAAc',
    'AAAADAIAAFBBUjE=',
  ].join(''),
  'base64',
);

test('Parquet: rows with nested lists, and whole numbers as numbers', async t => {
  const { values, places } = await readAs(t, 'a.parquet', parquet);
  t.deepEqual(values, [
    { question: 'What shines?', choices: { text: ['the sun', 'rain'], label: ['A', 'B'] }, label: 0 },
    {
      question: 'Was fällt?',
      choices: { text: ['Regen', 'Licht', 'nichts'], label: ['1', '2', '3'] },
      label: 1,
    },
  ]);
  t.deepEqual(places, ['a.parquet, row 1', 'a.parquet, row 2']);
});

test('the hash is that of the bytes', async t => {
  const [one, other] = [await readAs(t, 'a.jsonl', lines), await readAs(t, 'b.jsonl', `${lines}\n`)];
  t.regex(one.hash, /^[0-9a-f]{64}$/);
  t.not(one.hash, other.hash);
});

test('what cannot be read is refused by its place', async t => {
  await throwsCode(t, () => readAs(t, 'a.jsonl', '{"a":1}\n{'), 'E_TEXT_FORMAT', /a\.jsonl:2 is not JSON/);
  await throwsCode(t, () => readAs(t, 'a.json', '{"a":1}'), 'E_TEXT_FORMAT', /is not an array of records/);
  await throwsCode(t, () => readAs(t, 'a.jsonl', '\n'), 'E_TEXT_EMPTY', /holds no rows/);
  await throwsCode(
    t,
    () => readAs(t, 'a.parquet', parquet.subarray(0, 300)),
    'E_TEXT_FORMAT',
    /cannot be read as Parquet/,
  );
  await throwsCode(t, () => rowFileReader.read('/none/a.jsonl'), 'E_TEXT_NOT_FOUND', /does not exist/);
});
