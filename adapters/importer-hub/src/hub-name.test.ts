import test from 'ava';
import { throwsCode } from './fixtures.test.data.js';
import { parseDataName, parseHubName } from './hub-name.js';

test('owner, name and revision are taken apart', t => {
  const parse = (model: string) => parseHubName(model);
  t.deepEqual(parse('hf:owner/name'), { kind: 'model', repository: 'owner/name', revision: 'main' });
  t.is(parse('hf:Some-One/Llama_3.2-1B').repository, 'Some-One/Llama_3.2-1B');
  t.is(parse('hf:owner/name@v1.0').revision, 'v1.0');
  t.is(parse('hf:owner/name@refs/pr/1').revision, 'refs/pr/1');
});

test('data has a path behind its name, or none', t => {
  t.deepEqual(parseDataName('hf:owner/name'), {
    repository: 'owner/name',
    revision: undefined,
    file: undefined,
  });
  t.deepEqual(parseDataName('hf:owner/name/a b/test-0.parquet@refs/convert/parquet'), {
    repository: 'owner/name',
    revision: 'refs/convert/parquet',
    file: 'a b/test-0.parquet',
  });
});

for (const path of ['..', '../x', 'a/../b', '.x', 'a//b', 'a\\b', 'a/', '-x', 'n'.repeat(256)])
  test(`/${path.slice(0, 30)} is no file of a data set`, t =>
    throwsCode(
      t,
      async () => parseDataName(`hf:owner/name/${path}`),
      /as a file, expected a path in the data set/,
      /hf:owner\/name\/FILE/,
    ));

test('a name alone is no data set', t =>
  throwsCode(t, async () => parseDataName('hf:name'), /as the name of a data set, expected owner\/name/));

for (const model of [
  'hf:',
  'hf:name',
  'hf:owner/',
  'hf:/name',
  'hf:owner/name/more',
  'hf:owner/na me',
  'hf:owner/..',
  'hf:../name',
  'hf:owner/-name',
  'hf:owner/a--b',
  'hf:owner/name.git',
  'hf:owner/name?x=1',
  `hf:owner/${'n'.repeat(97)}`,
])
  test(`${model.slice(0, 30)} is no model`, t =>
    throwsCode(
      t,
      async () => parseHubName(model),
      /as the name of a model, expected owner\/name/,
      /hf:owner\/name/,
    ));

for (const revision of ['', '../x', 'a/../b', '/x', 'x/', 'a b', '-x', '.x', 'x@y', 'a..b', 'a\\b'])
  test(`@${revision} is no revision`, t =>
    throwsCode(
      t,
      async () => parseHubName(`hf:owner/name@${revision}`),
      /as the revision, expected a branch/,
    ));
