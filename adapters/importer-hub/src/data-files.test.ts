import test from 'ava';
import { dataFileOf } from './data-files.js';
import { throwsCode } from './fixtures.test.data.js';

const rows = { config: 'boolq', split: 'validation' };

for (const [name, expected] of [
  ['boolq/validation-00000-of-00001.parquet', true],
  ['boolq/validation-00000-of-00001-0123456789abcdef.parquet', true],
  ['boolq/validation/0000.parquet', true],
  ['boolq/validation.jsonl', true],
  ['boolq/validation.json.gz', true],
  ['data/validation-00000-of-00001.parquet', true],
  ['validation.jsonl', true],
  ['validation/0000.parquet', true],
  ['boolq/test-00000-of-00001.parquet', false],
  ['cb/validation-00000-of-00001.parquet', false],
  ['boolq/validation_matched-00000-of-00001.parquet', false],
  ['boolq/validation.csv', false],
  ['boolq/validation/readme.md', false],
] as const)
  test(`${name} ${expected ? 'is' : 'is not'} the split`, t => {
    t.is(dataFileOf('owner/name', ['README.md', name], rows), expected ? name : undefined);
  });

test('the folder of the config goes before data, and data before the root', t => {
  const names = [
    'validation.jsonl',
    'data/validation.jsonl',
    'cb/validation.jsonl',
    'boolq/validation.jsonl',
  ];
  t.is(dataFileOf('owner/name', names, rows), 'boolq/validation.jsonl');
  t.is(dataFileOf('owner/name', names.slice(0, 3), rows), 'data/validation.jsonl');
  t.is(dataFileOf('owner/name', ['cb/validation.jsonl', 'validation.jsonl'], rows), 'validation.jsonl');
});

test('the one config of a set may have any name', t => {
  const only = { split: 'test' };
  t.is(dataFileOf('owner/name', ['plain_text/test/0000.parquet'], only), 'plain_text/test/0000.parquet');
});

for (const [what, names, wanted] of [
  ['shards', ['boolq/validation-00000-of-00002.parquet', 'boolq/validation-00001-of-00002.parquet'], rows],
  ['configs', ['a/validation/0000.parquet', 'b/validation/0000.parquet'], { split: 'validation' }],
] as const)
  test(`several ${what} are refused by name`, t =>
    throwsCode(
      t,
      async () => dataFileOf('owner/name', names, wanted),
      /owner\/name has 2 files of the split validation \(.+, .+\), expected one\.$/,
      /hf:owner\/name\/(?:boolq|a)\/validation/,
    ));
