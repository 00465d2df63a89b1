import test from 'ava';
import { readText } from '../workspace/repository-files.js';
import { commandLines } from './commands.js';
import { readParts } from './markdown.js';

test('README.md begins with the two commands that set up, run and test', t => {
  const { blocks, headings } = readParts('README.md');
  const [first] = blocks;
  t.is(first!.language, 'sh');
  t.true(first!.line < headings[1]!.line, 'they stand before the first section');
  const lines = first!.code.split('\n').map(line => line.replace(/\s*#.*$/, ''));
  t.deepEqual(lines, ['npm ci && npm start', 'npm ci && npm test']);
});

test('the commands of README.md are those that continuous integration runs', t => {
  const script = readText('.ci/run');
  const used = commandLines({
    blocks: [readParts('README.md').blocks[0]!],
    spans: [],
    links: [],
    headings: [],
  });
  for (const command of ['npm ci', 'npm test']) {
    t.true(used.some(({ text }) => text === command));
    t.regex(script, new RegExp(`^${command}\\b`, 'm'));
  }
});
