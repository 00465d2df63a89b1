import test from 'ava';
import { type DevicesRecord, operatorsTable, runsTable } from '../devices/devices-record.js';
import { readText } from '../workspace/repository-files.js';
import { readJson } from '../workspace/rooms.js';
import { replaceMarked } from './marked.js';

const page = readText('docs/devices.md');
const record = readJson<DevicesRecord>('docs/devices.json');

test('docs/devices.md has the tables of devices.json, and its command', t => {
  for (const [name, table] of [
    ['operators', operatorsTable(record)],
    ['runs', runsTable(record)],
  ] as const) {
    t.true(page.includes(`<!-- ${name} -->`));
    t.is(
      replaceMarked(page, name, table),
      page,
      'renew it: npm run build && node test/dist/docs/write-tables.js',
    );
  }
  t.true(page.includes(record.command), `the page lacks ${record.command}`);
});

test('what the page says of the record is so', t => {
  t.true(record.operators.every(({ forward, gradient }) => Math.max(forward, gradient ?? 0) <= 2e-5));
  t.true(record.sameUnits, 'both runs remove the same units');
  t.true(record.driver.includes('Mesa 25.0.7'), record.driver);
  t.is(record.onnxruntime, '1.30.0');
});
