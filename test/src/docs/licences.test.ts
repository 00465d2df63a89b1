import test from 'ava';
import { readText } from '../workspace/repository-files.js';
import { readJson, rooms, rootManifest } from '../workspace/rooms.js';
import { type LockFile, licencesTable, runtimeDependencies } from './licences-table.js';
import { firstTable } from './markdown.js';

/** Licences that ask for no more than to be named. */
const permissive: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Python-2.0',
  '(MIT OR CC0-1.0)',
];

const dependencies = runtimeDependencies(readJson<LockFile>('package-lock.json'));

test('docs/licences.md has the runtime dependencies of the lock file', t => {
  t.is(
    firstTable(readText('docs/licences.md')),
    licencesTable(dependencies),
    'run: npm run build && node test/dist/docs/write-tables.js',
  );
});

test('every runtime dependency has a permissive licence', t => {
  for (const { name, version, licence } of dependencies)
    t.true(permissive.includes(licence), `${name} ${version} has the licence "${licence}"`);
});

test('every package that a room asks for is there with that room, development tools are not', t => {
  const own = new Set(rooms.map(({ manifest }) => manifest.name));
  for (const { folder, manifest } of rooms.filter(room => !room.manifest.private))
    for (const name of Object.keys(manifest.dependencies ?? {}).filter(name => !own.has(name))) {
      const found = dependencies.find(entry => entry.name === name && entry.rooms.includes(folder));
      t.truthy(found, `${name}, which ${folder} asks for`);
      t.regex(found?.version ?? '', /^\d+\.\d+\.\d+/, name);
    }
  for (const { name } of dependencies) t.false(own.has(name), `${name} is a room`);
  for (const name of ['typescript', 'ava', '@biomejs/biome']) {
    t.true(name in rootManifest.devDependencies!);
    t.false(
      dependencies.some(entry => entry.name === name),
      name,
    );
  }
});

test('what comes with a package is found where Node would find it', t => {
  const asked = Object.keys(rooms.find(({ folder }) => folder === 'core')!.manifest.dependencies!)[0]!;
  const at = (name: string, more = {}) => ({ version: '1.0.0', license: 'MIT', name, ...more });
  const found = runtimeDependencies({
    packages: {
      [`node_modules/${asked}`]: at(asked, { dependencies: { inner: '*', absent: '*' } }),
      [`node_modules/${asked}/node_modules/inner`]: at('inner', { version: '2.0.0', license: 'ISC' }),
      'node_modules/inner': at('inner'),
    },
  });
  t.deepEqual(
    found.map(({ name, version, licence, rooms: askers }) => [
      name,
      version,
      licence,
      askers.includes('core'),
    ]),
    [
      [asked, '1.0.0', 'MIT', true],
      ['inner', '2.0.0', 'ISC', false],
    ].sort(([a], [b]) => (a! < b! ? -1 : 1)) as never,
  );
});
