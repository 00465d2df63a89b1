import { readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { repository } from '../shared-data.js';
import { readText } from '../workspace/repository-files.js';
import { readJson } from '../workspace/rooms.js';
import { withComparisons } from './comparison-table.js';
import { marksOf } from './marked.js';

const page = readText('docs/results.md');

test('docs/results.md has the tables of docs/comparisons', t => {
  t.is(
    withComparisons(page, readText),
    page,
    'renew it: npm run build && node test/dist/docs/write-tables.js',
  );
});

const comparisons = readdirSync(path.join(repository, 'docs/comparisons'));

test('there are comparisons', t => {
  t.true(comparisons.length >= 2);
});

for (const name of comparisons)
  test(`the comparison ${name} is shown at each of its ratios, with its command, and is equal`, t => {
    const record = readJson<CompareRecord>(`docs/comparisons/${name}/compare.json`);
    for (const ratio of record.settings.ratios)
      t.true(marksOf(page).includes(`${name} ${ratio}`), `mark the place of <!-- ${name} ${ratio} -->`);
    t.true(page.includes(record.command), `the page lacks ${record.command}`);
    t.deepEqual(record.unequal, { parameters: [], tokens: [], inputs: [] });
  });

interface CompareRecord {
  readonly command: string;
  readonly settings: { readonly ratios: readonly number[] };
  readonly unequal: unknown;
}
