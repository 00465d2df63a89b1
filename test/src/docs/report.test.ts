import test from 'ava';
import { readText } from '../workspace/repository-files.js';
import { expandPath, pathsOfCell } from './document-paths.js';
import { firstTable, rowsOf } from './markdown.js';
import { reportPaths } from './report-paths.js';

const documented = rowsOf(firstTable(readText('docs/report.md'))).flatMap(([cell]) => pathsOfCell(cell!));

test('braces and names of keys are written out', t => {
  t.deepEqual(expandPath('a.{b,c}.{d, e}'), ['a.b.d', 'a.b.e', 'a.c.d', 'a.c.e']);
  t.deepEqual(expandPath('a.<source>.b[]'), ['a.<key>.b[]']);
  t.deepEqual(pathsOfCell('`a`, `b.{c,d}`'), ['a', 'b.c', 'b.d']);
});

test('every value of report.json is documented, once, and nothing else is', t => {
  const paths = reportPaths();
  t.true(paths.length > 40, 'the type was read');
  const written = new Set(documented);
  for (const path of paths) t.true(written.has(path), `docs/report.md does not say what ${path} is`);
  for (const path of documented) t.true(paths.includes(path), `docs/report.md has ${path}, Report has not`);
  t.is(written.size, documented.length, `docs/report.md names one twice: ${documented.join(', ')}`);
});

test('every row says what it is', t => {
  for (const [path, meaning] of rowsOf(firstTable(readText('docs/report.md'))))
    t.true(meaning!.length > 3, path);
});
