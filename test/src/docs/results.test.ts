import { readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { repository } from '../shared-data.js';
import { readText } from '../workspace/repository-files.js';
import { readJson } from '../workspace/rooms.js';
import { type ResultsRecord, replaceMarked, resultsTable } from './results-table.js';

const page = readText('docs/results.md');
const records = readdirSync(path.join(repository, 'docs/results')).map(file => path.basename(file, '.json'));

test('there are records', t => {
  t.true(records.length >= 2);
});

for (const name of records)
  test(`docs/results.md has the table of ${name}.json, and its command`, t => {
    const record = readJson<ResultsRecord>(`docs/results/${name}.json`);
    t.true(page.includes(`<!-- ${name} -->`), `mark the place of the table with <!-- ${name} -->`);
    t.is(
      replaceMarked(page, name, resultsTable(record)),
      page,
      'renew it: npm run build && node test/dist/docs/write-tables.js',
    );
    t.true(page.includes(record.command), `the page lacks ${record.command}`);
  });
