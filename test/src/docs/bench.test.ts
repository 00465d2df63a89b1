import { readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { plots } from '../bench/plots.js';
import { type BenchRecord, hasFailed } from '../bench/record.js';
import { repository } from '../shared-data.js';
import { readText } from '../workspace/repository-files.js';
import { readJson } from '../workspace/rooms.js';
import { benchTables, withBenchTables } from './bench-tables.js';

const page = readText('docs/bench.md');
const record = readJson<BenchRecord>('docs/bench/bench.json');

test('docs/bench.md has the tables of its record', t => {
  for (const mark of Object.keys(benchTables)) t.true(page.includes(`<!-- ${mark} -->\n\n`), mark);
  t.is(withBenchTables(page, record), page, 'renew it: npm run build && node test/dist/docs/write-tables.js');
});

test('docs/bench.md shows the curves of its record, and no others', t => {
  const curves = [...plots(record).keys()].sort();
  t.deepEqual(readdirSync(path.join(repository, 'docs/bench')).sort(), ['bench.json', ...curves].sort());
  for (const file of curves) t.true(page.includes(`(bench/${file})`), file);
});

test('every size was raced to its end by secateur and by eager PyTorch', t => {
  for (const { name, contenders } of record.races)
    for (const side of ['secateur', 'eager']) {
      const found = contenders.find(contender => contender.name === side);
      t.true(found !== undefined && !hasFailed(found), `${side} at ${name}`);
    }
});
