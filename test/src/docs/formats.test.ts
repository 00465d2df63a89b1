import test from 'ava';
import { type ExportsRecord, exportsTable } from '../exports/exports-record.js';
import { readText } from '../workspace/repository-files.js';
import { readJson } from '../workspace/rooms.js';
import { replaceMarked } from './marked.js';

test('docs/formats.md has the table of exports.json, and its command', t => {
  const page = readText('docs/formats.md');
  const record = readJson<ExportsRecord>('docs/exports.json');
  t.true(record.rows.length > 0);
  t.true(page.includes('<!-- exports -->'));
  t.is(
    replaceMarked(page, 'exports', exportsTable(record)),
    page,
    'renew it: npm run build && node test/dist/docs/write-tables.js',
  );
  t.true(page.includes(record.command), `the page lacks ${record.command}`);
});
