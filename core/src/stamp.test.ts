import test from 'ava';
import { executeRun, resumeRun } from './run.js';
import { activePlugins, checkStamp, type Stamp } from './stamp.js';
import { tinySession } from './testing/tiny-session.js';

const stamp: Stamp = {
  inputs: { model: 'm', adapter: null, 'text.a.b': 'x' },
  plugins: [
    { name: 'one', options: { size: 1 } },
    { name: 'two', options: {} },
  ],
  device: 'cpu',
};
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('what is as it was passes', t => {
  t.notThrows(() => checkStamp(asJson(stamp), stamp, 'run'));
});

test('what has changed is named: a text, an option, a plugin that is gone, the device', t => {
  const changed = (now: Partial<Stamp>): string => {
    const error = t.throws(() => checkStamp(asJson(stamp), { ...stamp, ...now }, 'run'));
    t.is((error as unknown as { code: string }).code, 'E_RESUME');
    return error.message.replace(/^.*since: /, '');
  };
  t.is(changed({ inputs: { ...stamp.inputs, 'text.a.b': 'y' } }), 'text.a.b');
  t.is(changed({ inputs: { ...stamp.inputs, adapter: 'z' } }), 'adapter');
  t.is(
    changed({ plugins: [{ name: 'one', options: { size: 2 } }, stamp.plugins[1]!] }),
    'option size of one',
  );
  t.is(changed({ plugins: [stamp.plugins[0]!] }), 'plugin two');
  t.is(changed({ device: 'cuda' }), 'the device');
});

test('a plugin counts when it fills a port of the run, or fills none and can only listen', t => {
  const entry = (port: string, name: string, plugin: string) => ({
    port,
    name,
    plugin,
    description: undefined,
  });
  const session = {
    ...tinySession(),
    config: { ...tinySession().config, use: { saliency: 'b' } },
    plugins: ['scorer-a', 'scorer-b', 'reader', 'listener'].map(name => ({ name, options: {} })),
    registry: [
      entry('saliency', 'a', 'scorer-a'),
      entry('saliency', 'b', 'scorer-b'),
      entry('text', 'r', 'reader'),
    ],
  };
  t.deepEqual(
    activePlugins(session).map(({ name }) => name),
    ['scorer-b', 'reader', 'listener'],
  );
});

test('a run does not go on with another text', async t => {
  const session = tinySession();
  await executeRun(session);
  const store = await session.storage.reopen('run');
  const begun = (await store.readJson('run.json')) as { stamp: Stamp };
  await store.writeJson('run.json', {
    ...begun,
    stamp: { ...begun.stamp, inputs: { ...begun.stamp.inputs, 'text.hills': 'other' } },
  });
  const error = await t.throwsAsync(resumeRun(session), { code: 'E_RESUME' } as never);
  t.regex(error.message, /changed since: text\.hills$/);
});
