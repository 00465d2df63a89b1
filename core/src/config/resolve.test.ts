import test from 'ava';
import { definePlugin, definePreset, type Plugin } from '../plugin.js';
import '../index.js';
import { type ResolveOptions, resolveConfig } from './resolve.js';
import type { SecateurConfig } from './schema.js';

const clock = { now: () => Date.UTC(2023, 9, 18, 6, 15, 9) };
const plugin = (name: string): Plugin => definePlugin(name, () => {})();
const file = (config: SecateurConfig): ResolveOptions['file'] => ({
  file: '/project/prune.config.ts',
  config,
});
const resolve = (options: Partial<ResolveOptions>) =>
  resolveConfig({ cwd: '/project', clock, requires: 'nothing', ...options });
/** What an untyped configuration may hold. */
const wrong = (config: object): ResolveOptions['file'] => file(config as SecateurConfig);

const first = definePreset('first', ({ ratio = 0.3 }: { ratio?: number }) => ({
  plugins: [plugin('scorer'), [plugin('shared')]],
  use: { saliency: 'taylor', optimizer: 'lhspg' },
  prune: { ratio, rounding: 4 },
}));
const second = definePreset('second', () => ({
  plugins: [plugin('shared'), false],
  use: { saliency: 'wanda' },
}));

test('a later layer may take the adapter back', t => {
  const file = { file: '/project/prune.config.ts', config: { model: 'm', adapter: 'lora' } };
  const clock = { now: () => 0 };
  const { config, provenance } = resolveConfig({ file, flags: { adapter: false }, cwd: '/project', clock });
  t.is(config.adapter, undefined);
  t.is(provenance.get('adapter'), 'flag --adapter');
  t.is(resolveConfig({ file, cwd: '/project', clock }).config.adapter, '/project/lora');
});

test('defaults are filled in and derived ones follow what was set', t => {
  const { config, preset } = resolve({ file: file({ train: { sequence: 64 } }) });
  t.is(config.prune.ratio, 0.2);
  t.is(config.train.batch, 8);
  t.is(config.evaluate.chunk, 64);
  t.is(config.train.microBatch, 8);
  t.is(config.export.dtype, undefined);
  t.is(config.threads, undefined);
  t.is(preset, 'custom');
  t.is(config.out, '/project/runs/custom-20231018-061509');
});

test('later layers win, value by value, and each value knows where it came from', t => {
  const { config, provenance, preset } = resolve({
    file: file({ presets: [first(), second()], prune: { protect: ['model.layers.0'] }, seed: 3 }),
    flags: { prune: { ratio: 0.5 }, text: { fiction: 'a.txt' } },
  });
  t.is(config.prune.ratio, 0.5);
  t.is(config.prune.rounding, 4);
  t.deepEqual(config.use, { objective: 'none', saliency: 'wanda', optimizer: 'lhspg' });
  t.is(preset, 'second');
  t.like(Object.fromEntries(provenance), {
    'prune.ratio': 'flag --ratio',
    'prune.rounding': 'preset first',
    'prune.protect': 'prune.config.ts',
    'prune.of': 'default',
    'use.saliency': 'preset second',
    'use.optimizer': 'preset first',
    seed: 'prune.config.ts',
    'text.fiction.file': 'flag --text',
    'text.fiction.validation': 'default',
    'text.fiction.tuning': 'default',
    'evaluate.chunk': 'default',
  });
});

test('paths are relative to the file that names them; flags to the working directory', t => {
  const { config } = resolve({
    cwd: '/elsewhere',
    file: file({
      model: 'models/llama',
      adapter: '../lora',
      text: { a: 'a.txt', b: { file: 'b.jsonl', kind: 'instruction', validation: 0.2 } },
    }),
    flags: { out: 'runs/x' },
  });
  t.is(config.model, '/project/models/llama');
  t.is(config.adapter, '/lora');
  t.is(config.out, '/elsewhere/runs/x');
  t.deepEqual(config.text, {
    a: { file: '/project/a.txt', validation: 0.1, tuning: 0.05 },
    b: { file: '/project/b.jsonl', kind: 'instruction', validation: 0.2, tuning: 0.05 },
  });
});

test('a model of a scheme is a name for an importer, not a path', t => {
  const model = (name: string) => resolve({ file: file({ model: name }) }).config.model;
  t.is(model('hf:owner/name'), 'hf:owner/name');
  t.is(model('hf:owner/name@v1.0'), 'hf:owner/name@v1.0');
  t.is(model('./hf:owner/name'), '/project/hf:owner/name', 'a path may still have a colon');
  t.is(model('c:model'), '/project/c:model', 'one letter is no scheme');
  t.is(model('models/a:b'), '/project/models/a:b');
  t.is(resolve({ flags: { model: 'hf:owner/name' } }).config.model, 'hf:owner/name');
});

test('plugins: falsy ones go, nested lists are flattened, the last of a name counts', t => {
  const mine = plugin('shared');
  const { plugins } = resolve({
    file: file({ presets: [first()], plugins: [false, [mine, [plugin('own')]], undefined] }),
    installation: { plugins: [plugin('engine'), plugin('scorer')], presets: {} },
  });
  t.deepEqual(
    plugins.map(({ name }) => name),
    ['engine', 'scorer', 'shared', 'own'],
  );
  t.is(plugins[2], mine);
});

test('presets by name: the flag replaces the file, the installation has a default', t => {
  const installation = { plugins: [], presets: { first, second }, preset: 'first' };
  t.is(resolve({ installation }).preset, 'first');
  t.is(resolve({ installation, file: file({ presets: ['second'] }) }).preset, 'second');
  const { preset, config } = resolve({
    installation,
    file: file({ presets: ['second'] }),
    flags: { presets: ['first'] },
  });
  t.is(preset, 'first');
  t.is(config.use.saliency, 'taylor');
  const error = t.throws(() => resolve({ installation, flags: { presets: ['frist'] } }), {
    code: 'E_UNKNOWN_PLUGIN',
  });
  t.regex(error?.message ?? '', /"frist"/);
  t.like(error, { hint: 'Did you mean "first"? Allowed: first, second.' });
});

test('the result cannot be changed, and is plain JSON', t => {
  const { config } = resolve({});
  t.throws(() => ((config.prune as { ratio: number }).ratio = 1), { instanceOf: TypeError });
  t.throws(() => (config.prune.kinds as string[]).push('x'), { instanceOf: TypeError });
  t.deepEqual(JSON.parse(JSON.stringify(config)), config);
});

test('an unknown key is E_CONFIG_INVALID with path, value, file, nearest key and all keys', t => {
  const error = t.throws(() => resolve({ file: wrong({ prune: { ration: 0.3 } }) }), {
    code: 'E_CONFIG_INVALID',
  });
  t.is(error?.message, 'prune.ration = 0.3 in prune.config.ts is not a known key');
  t.regex((error as unknown as { hint: string }).hint, /^Did you mean "ratio"\? Allowed: ratio, of, kinds, /);
  const top = t.throws(() => resolve({ file: wrong({ modle: 'x' }) }), { code: 'E_CONFIG_INVALID' });
  t.regex((top as unknown as { hint: string }).hint, /^Did you mean "model"\?/);
  const nested = t.throws(() => resolve({ file: wrong({ text: { a: { fil: 'x', file: 'y' } } }) }), {
    code: 'E_CONFIG_INVALID',
  });
  t.like(nested, {
    message: 'text.a.fil = "x" in prune.config.ts is not a known key',
    hint: 'Did you mean "file"? Allowed: file, kind, validation, tuning.',
  });
});

test('a step is run in equal parts', t => {
  t.is(resolve({ file: file({ train: { batch: 12, microBatch: 3 } }) }).config.train.microBatch, 3);
  t.throws(() => resolve({ file: file({ train: { microBatch: 3 } }) }), {
    code: 'E_CONFIG_INVALID',
    message:
      'train.microBatch = 3 in prune.config.ts, expected a divisor of train.batch, which is 8 (default)',
  });
});

test('weights in 8 bits are for the CPU', t => {
  t.is(resolve({ file: file({ train: { weights: 'int8' } }) }).config.train.weights, 'int8');
  t.throws(() => resolve({ file: file({ device: 'auto', train: { weights: 'int8' } }) }), {
    code: 'E_CONFIG_INVALID',
    message: 'train.weights = int8 in prune.config.ts is for the CPU, but device is auto (prune.config.ts)',
  });
});

test('a wrong value is E_CONFIG_INVALID with what was expected', t => {
  const itself: { own?: unknown } = {};
  itself.own = itself;
  for (const [config, message] of [
    [{ seed: -1 }, 'seed = -1 in prune.config.ts, expected a number at least 0'],
    [{ seed: 1.5 }, 'seed = 1.5 in prune.config.ts, expected a whole number'],
    [{ model: 3 }, 'model = 3 in prune.config.ts, expected a string'],
    [{ model: '' }, 'model = "" in prune.config.ts, expected a text that is not empty'],
    [{ prune: { ratio: '0.2' } }, 'prune.ratio = "0.2" in prune.config.ts, expected a number'],
    [{ prune: { of: 'block' } }, 'prune.of = "block" in prune.config.ts, expected one of blocks, model'],
    [
      { prune: { kinds: ['head'] } },
      /^prune\.kinds\[0\] = "head" in prune\.config\.ts, expected one of kv-head, /,
    ],
    [{ train: { targets: 3 } }, 'train.targets = 3 in prune.config.ts, expected all-linear or an array'],
    [{ text: 'a.txt' }, 'text = "a.txt" in prune.config.ts, expected an object'],
    [{ text: { '': 'a.txt' } }, 'text. = "a.txt" in prune.config.ts, expected a name that is not empty'],
    [{ prune: { ratio: Number.NaN } }, 'prune.ratio = NaN in prune.config.ts, expected a number'],
    [{ seed: 5n }, 'seed = 5n in prune.config.ts, expected a number'],
    [{ seed: itself }, /^seed = .*Circular.* in prune\.config\.ts, expected a number$/],
    [{ plugins: [itself] }, /^plugins in prune\.config\.ts holds .*Circular.*, expected a plugin$/],
    [{ threads: 1e9 }, 'threads = 1000000000 in prune.config.ts, expected a number at most 1024'],
    [
      { train: { batch: 1e9 } },
      'train.batch = 1000000000 in prune.config.ts, expected a number at most 65536',
    ],
    [{ text: { a: 3 } }, 'text.a = 3 in prune.config.ts, expected an object'],
    [{ text: { a: {} } }, 'text.a.file is missing in prune.config.ts, expected a string'],
    ['no object', 'the configuration = "no object" in prune.config.ts, expected an object'],
    [{ use: { salience: 'wanda' } }, 'use.salience = "wanda" in prune.config.ts is not a known key'],
  ] as const)
    t.throws(
      () => resolve({ file: wrong(config as object) }),
      { code: 'E_CONFIG_INVALID', message },
      String(message),
    );
  const preset = definePreset('bad', () => ({ prune: { rounding: 0 } }));
  t.throws(() => resolve({ file: file({ presets: [preset()] }) }), {
    code: 'E_CONFIG_INVALID',
    message: 'prune.rounding = 0 in preset bad, expected a number at least 1',
  });
});

test('a ratio outside (0, 1) is E_RATIO', t => {
  for (const ratio of [0, 1, -0.2, 1.5, Number.NaN])
    t.throws(
      () => resolve({ flags: { prune: { ratio } } }),
      { code: Number.isNaN(ratio) ? 'E_CONFIG_INVALID' : 'E_RATIO' },
      String(ratio),
    );
  t.is(resolve({ flags: { prune: { ratio: 0.999 } } }).config.prune.ratio, 0.999);
});

test('layers of one shape are a budget that is spread alike, unless a person says otherwise', t => {
  const ranked = definePreset('ranked', () => ({ prune: { ranking: 'joint' } }));
  const uniform = { export: { shape: 'uniform' } } as const;
  for (const presets of [[], [ranked()]]) {
    const { config, provenance } = resolve({ file: file({ presets }), flags: uniform });
    t.is(config.prune.ranking, 'uniform');
    t.is(provenance.get('prune.ranking'), 'export.shape');
    t.is(provenance.get('export.shape'), 'flag --shape');
  }
  t.is(
    resolve({ file: file({ ...uniform, prune: { ranking: 'uniform' } }) }).config.prune.ranking,
    'uniform',
  );
  t.throws(() => resolve({ file: file({ prune: { ranking: 'kind' } }), flags: uniform }), {
    code: 'E_CONFIG_INVALID',
    message:
      'prune.ranking = "kind" in prune.config.ts, expected "uniform", since export.shape is "uniform" (flag --shape)',
  });
});

test('formats of several places are laid over each other', t => {
  const { config, provenance } = resolve({
    file: file({ export: { formats: { gguf: 'q8_0', onnx: true } } }),
    flags: { export: { formats: { onnx: 'f16' } } },
  });
  t.deepEqual(config.export.formats, { gguf: 'q8_0', onnx: 'f16' });
  t.is(provenance.get('export.formats.gguf'), 'prune.config.ts');
  t.is(provenance.get('export.formats.onnx'), 'flag --format');
});

test('a run needs a model', t => {
  t.throws(() => resolve({ requires: 'model' }), { code: 'E_CONFIG_INVALID', message: /no model is given/ });
  t.is(resolve({ requires: 'model', flags: { model: 'm' } }).config.model, '/project/m');
});

test('a factory that was not called, or stands in the wrong list, is told apart', t => {
  const hint = (config: object): string =>
    (
      t.throws(() => resolve({ file: wrong(config) }), { code: 'E_CONFIG_INVALID' }) as unknown as {
        hint: string;
      }
    ).hint;
  t.regex(hint({ presets: [first] }), /call it/);
  t.regex(hint({ plugins: [second] }), /call it/);
  t.regex(hint({ plugins: [second()] }), /presets: \[\.\.\.\]/);
  t.regex(hint({ presets: [plugin('x')] }), /plugins: \[\.\.\.\]/);
  t.regex(hint({ plugins: ['x'] }), /import the plugin/);
});
