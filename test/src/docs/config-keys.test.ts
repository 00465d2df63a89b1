import { configSchema, resolveConfig, z } from '@secateur/core';
import test from 'ava';
import { readText } from '../workspace/repository-files.js';
import { firstTable, rowsOf } from './markdown.js';

/** Paths of a schema, down to what is no object of fixed keys. */
const keysOf = (schema: z.ZodType, path: string): string[] => {
  if (schema instanceof z.ZodOptional) return keysOf(schema.unwrap() as z.ZodType, path);
  if (!(schema instanceof z.ZodObject)) return [path];
  return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([key, inner]) =>
    keysOf(inner, path === '' ? key : `${path}.${key}`),
  );
};

const namesIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

const table = rowsOf(firstTable(readText('docs/quickstart.md'), '### The keys')).map(
  ([keys = '', value = '', meaning = '']) => ({ keys: namesIn(keys), value, meaning }),
);

test('docs/quickstart.md has every key of the configuration, once', t => {
  t.deepEqual(
    table.flatMap(({ keys }) => keys).sort(),
    keysOf(configSchema, '')
      .map(key => (key === 'text' ? 'text.<name>' : key))
      .sort(),
  );
  for (const { keys, meaning } of table) t.true(meaning.length > 3, keys.join());
});

/** What follows from other values, or stands in no configuration: said in words. */
const inWords = ['model', 'adapter', 'out', 'threads', 'presets', 'plugins', 'use', 'text.<name>'];
const derived = ['evaluate.chunk', 'evaluate.tasks', 'evaluate.items', 'export.dtype', 'train.microBatch'];

test('docs/quickstart.md has the defaults', t => {
  const { config } = resolveConfig({ cwd: '/', clock: { now: () => 0 }, requires: 'nothing' });
  const valueAt = (path: string): unknown =>
    path.split('.').reduce<unknown>((tree, key) => (tree as Record<string, unknown>)[key], config);
  const written = (value: unknown): string => {
    if (typeof value === 'number') return value.toLocaleString('en');
    const quoted = JSON.stringify(value).replaceAll('"', "'").replaceAll(',', ', ');
    return typeof value === 'boolean' ? quoted : `\`${quoted}\``;
  };
  for (const { keys, value } of table) {
    if (keys.some(key => [...inWords, ...derived].includes(key))) continue;
    t.is(value, keys.map(key => written(valueAt(key))).join(', '), keys.join());
  }
});
