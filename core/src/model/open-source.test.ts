import test from 'ava';
import { resolveConfig } from '../config/resolve.js';
import { openSession } from '../open-session.js';
import { definePlugin } from '../plugin.js';
import { type Checkpoint, CheckpointFormat } from '../ports/checkpoint.js';
import { Importer } from '../ports/importer.js';
import { Tracer } from '../ports/tracer.js';
import type { Session } from '../session.js';
import { cacheFolder } from './cache-folder.js';
import { openSource } from './open-source.js';

/** A format for paths with this ending, whose models have one architecture. */
const format = (ending: string, architecture: string): CheckpointFormat =>
  ({
    recognises: async (path: string) => path.endsWith(ending),
    open: async (folder: string): Promise<Checkpoint> => ({
      folder,
      config: { architectures: [architecture] },
      tensors: new Map(),
      companions: [],
      hash: async () => folder,
    }),
  }) as Partial<CheckpointFormat> as CheckpointFormat;

const tracer = (...architectures: string[]): Tracer => ({ architectures }) as Partial<Tracer> as Tracer;

const [tree, bush, shrubs, trees] = [
  format('.tree', 'Oak'),
  format('.bush', 'Box'),
  tracer('Box'),
  tracer('Oak', 'Elm'),
];

const asked: unknown[] = [];
const seedling: Importer = {
  recognises: async model => model.startsWith('seed:'),
  folder: async (model, { cache }) => {
    asked.push([model, cache]);
    return `${model.slice(5)}.tree`;
  },
};

const sessionWith = (use: Record<string, string> = {}): Promise<Session> => {
  const plugin = definePlugin('garden', api => {
    api.provide(CheckpointFormat, 'bush', bush);
    api.provide(CheckpointFormat, 'tree', tree);
    api.provide(Tracer, 'shrubs', shrubs);
    api.provide(Tracer, 'trees', trees);
    api.provide(Importer, 'seedling', seedling);
  });
  const resolved = resolveConfig({ flags: { use }, cwd: '/', clock: { now: () => 0 }, requires: 'nothing' });
  return openSession({ ...resolved, plugins: [plugin()] });
};

test('format and tracer are those that know the model', async t => {
  const session = await sessionWith();
  const found = await openSource(session, 'old.tree');
  t.is(found.format, tree);
  t.is(found.tracer, trees);
  t.is((await openSource(session, 'low.bush')).tracer, shrubs);
});

test('what nobody knows goes to the first format, whose error says what it lacks', async t => {
  t.is((await openSource(await sessionWith(), 'stone')).format, bush);
});

test('an importer makes a folder of what it knows, with a cache to keep it in', async t => {
  asked.length = 0;
  const { checkpoint } = await openSource(await sessionWith(), 'seed:elm');
  t.is(checkpoint.folder, 'elm.tree');
  t.deepEqual(asked, [['seed:elm', cacheFolder()]]);
});

test('use singles one out, whatever the model is', async t => {
  const found = await openSource(await sessionWith({ checkpoint: 'bush', tracer: 'trees' }), 'old.tree');
  t.is(found.format, bush);
  t.is(found.tracer, trees);
});
