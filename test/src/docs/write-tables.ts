/** Writes the generated tables of docs/: `node test/dist/docs/write-tables.js`. Tests say when that is due. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchRecord } from '../bench/record.js';
import { type DevicesRecord, operatorsTable, runsTable } from '../devices/devices-record.js';
import { type ExportsRecord, exportsTable } from '../exports/exports-record.js';
import { repository } from '../shared-data.js';
import { readText } from '../workspace/repository-files.js';
import { readJson } from '../workspace/rooms.js';
import { withBenchTables } from './bench-tables.js';
import { withComparisons } from './comparison-table.js';
import { hooksTable } from './hooks-table.js';
import { type LockFile, licencesTable, runtimeDependencies } from './licences-table.js';
import { withFirstTable } from './markdown.js';
import { replaceMarked } from './marked.js';
import { type TasksRecord, withTaskTables } from './tasks-tables.js';

const replaceTable = (document: string, table: string): void => {
  const before = readText(document);
  const after = withFirstTable(before, table);
  if (after !== before) writeFileSync(path.join(repository, document), after);
};

replaceTable('docs/hooks.md', hooksTable(readText('core/src/hooks.ts')));
replaceTable('docs/licences.md', licencesTable(runtimeDependencies(readJson<LockFile>('package-lock.json'))));

const formats = 'docs/formats.md';
const exported = exportsTable(readJson<ExportsRecord>('docs/exports.json'));
writeFileSync(path.join(repository, formats), replaceMarked(readText(formats), 'exports', exported));

const devices = 'docs/devices.md';
const onDevice = readJson<DevicesRecord>('docs/devices.json');
writeFileSync(
  path.join(repository, devices),
  replaceMarked(
    replaceMarked(readText(devices), 'operators', operatorsTable(onDevice)),
    'runs',
    runsTable(onDevice),
  ),
);

const results = 'docs/results.md';
writeFileSync(
  path.join(repository, results),
  withTaskTables(withComparisons(readText(results), readText), readJson<TasksRecord>('docs/tasks.json')),
);

const bench = 'docs/bench.md';
const measured = withBenchTables(readText(bench), readJson<BenchRecord>('docs/bench/bench.json'));
writeFileSync(path.join(repository, bench), measured);
