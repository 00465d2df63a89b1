import test from 'ava';
import { readText, repositoryFiles } from './repository-files.js';
import { isTestSource, rooms } from './rooms.js';

const LINES = 300;
const LINES_OF_TESTS = 500;
const LINES_OF_PRESETS = 60;

const code = repositoryFiles().filter(file => /\.(?:ts|mts|js|mjs)$/.test(file));
const linesOf = (file: string): number => readText(file).trimEnd().split('\n').length;

test('no source is too long to be read', t => {
  for (const file of code) {
    const limit = isTestSource(file)
      ? LINES_OF_TESTS
      : file.startsWith('presets/')
        ? LINES_OF_PRESETS
        : LINES;
    const lines = linesOf(file);
    t.true(lines <= limit, `${file} has ${lines} lines, expected at most ${limit}`);
  }
});

test('no folder is called utils or the like', t => {
  const folders = new Set(repositoryFiles().flatMap(file => file.split('/').slice(0, -1)));
  for (const name of ['utils', 'util', 'helpers', 'common', 'misc', 'lib'])
    t.false(folders.has(name), `there is a folder ${name}`);
});

/** What must come from outside, or the run would depend on when and where it happens. */
const banned = [/\bconsole\s*\./, /\bMath\.random\b/, /\bDate\.now\b/, /\bnew Date\(\s*\)/];
const clock = 'core/src/clock.ts';

test('core, plugins and presets neither print nor ask for the time or for chance', t => {
  for (const { area, sources } of rooms) {
    if (!['core', 'plugins', 'presets'].includes(area)) continue;
    for (const file of sources)
      if (file !== clock)
        for (const pattern of banned) t.notRegex(readText(file), pattern, `${file} has ${pattern.source}`);
  }
});

test('only the clock of core knows the system time, and the pattern would find it', t => {
  t.true(banned.some(pattern => pattern.test(readText(clock))));
});
