import { createHooks } from '@secateur/core';
import test from 'ava';
import { readText } from '../workspace/repository-files.js';
import { hooksTable, readHooks } from './hooks-table.js';
import { firstTable } from './markdown.js';

const source = readText('core/src/hooks.ts');

const kinds: Readonly<Record<string, string>> = {
  SyncHook: 'Sync',
  SyncBailHook: 'Sync, bail',
  AsyncSeriesHook: 'Async, series',
  AsyncSeriesWaterfallHook: 'Async, waterfall',
};

test('docs/hooks.md has the hooks of core', t => {
  t.is(
    firstTable(readText('docs/hooks.md')),
    hooksTable(source),
    'run: npm run build && node test/dist/docs/write-tables.js',
  );
});

test('every hook that is made is read, in order and with its kind', t => {
  const made = Object.entries(createHooks()).map(([name, hook]) => [name, kinds[hook.constructor.name]]);
  t.deepEqual(
    readHooks(source).map(({ name, kind }) => [name, kind]),
    made,
  );
});

test('every hook says its kind and what it is for', t => {
  for (const { name, kind, comment } of readHooks(source))
    t.regex(comment, new RegExp(`^${kind}(?:, hot)?\\. .+\\.$`), name);
});

test('a hook that is made otherwise than the table knows is refused', t => {
  const read = (made: string) => () => readHooks(`createHooks = () => ({ a: ${made} })`);
  t.like(read("new SyncHook<[A]>(['x'], 'a')")()[0], { name: 'a', parameters: ['x: A'], returns: undefined });
  t.throws(read("new SyncHook<[A]>(['x'], 'b')"), { message: /named otherwise/ });
  t.throws(read("new SyncHook<[A, B]>(['x'], 'a')"), { message: /2 types and 1 names/ });
  t.throws(read("new SyncLoopHook<[A]>(['x'], 'a')"), { message: /does not know/ });
});
