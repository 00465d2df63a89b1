import test from 'ava';
import { z } from 'zod';
import { definePlugin, definePreset, type PluginApi } from './plugin.js';

const api = {} as PluginApi;

test('a factory gives setup its options, with the defaults of the schema', async t => {
  const seen: unknown[] = [];
  const schema = z.strictObject({ periods: z.number().int().min(1).default(4) });
  const fade = definePlugin('fade', (_, { periods }) => void seen.push(periods), schema);
  await fade().apply(api);
  await fade({ periods: 2 }).apply(api);
  const free = definePlugin('free', (_, { name = 'nobody' }: { name?: string }) => void seen.push(name));
  await free().apply(api);
  await free({ name: 'me' }).apply(api);
  t.deepEqual(seen, [4, 2, 'nobody', 'me']);
  t.is(fade().name, 'fade');
});

test('wrong options are E_PLUGIN_OPTIONS when the factory is called', t => {
  const schema = z.strictObject({
    fade: z.enum(['gate', 'rows']).optional(),
    deep: z.object({ epsilon: z.number() }).optional(),
  });
  const fade = definePlugin('lhspg', () => {}, schema) as (options: object) => unknown;
  const preset = definePreset('lorashear', () => ({}), schema) as (options: object) => unknown;
  for (const [options, message, hint] of [
    [{ fad: 'gate' }, 'options.fad = "gate" is not a known key', 'Did you mean "fade"? Allowed: fade, deep.'],
    [
      { fade: 'gates' },
      'options.fade = "gates", expected one of gate, rows',
      'Did you mean "gate"? Allowed: gate, rows.',
    ],
    [{ deep: { epsilon: 'x' } }, 'options.deep.epsilon = "x", expected a number', undefined],
  ] as const) {
    t.like(
      t.throws(() => fade(options), { code: 'E_PLUGIN_OPTIONS' }),
      { message: `plugin "lhspg": ${message}`, hint },
    );
    t.like(
      t.throws(() => preset(options), { code: 'E_PLUGIN_OPTIONS' }),
      { message: `preset "lorashear": ${message}`, hint },
    );
  }
});

test('a preset is plain data: a flat list of plugins, and settings', t => {
  const inner = definePlugin('inner', () => {})();
  const preset = definePreset('p', ({ ratio = 0.2 }: { ratio?: number }) => ({
    plugins: [[inner], null],
    use: { saliency: 'x' },
    prune: { ratio },
  }));
  t.deepEqual(preset({ ratio: 0.4 }), {
    name: 'p',
    plugins: [inner],
    config: { use: { saliency: 'x' }, prune: { ratio: 0.4 } },
  });
});
