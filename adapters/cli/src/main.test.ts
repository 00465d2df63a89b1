import { join } from 'node:path';
import test from 'ava';
import { folderWith, inProcess } from './cli.test.data.js';

const config = `
  import { defineConfig, definePlugin, SaliencyScorer } from 'secateur';
  import lorashear from '@secateur/preset-lorashear';
  const mine = definePlugin('my-saliency', api => {
    api.provide(SaliencyScorer, 'flat', { score: group => new Float32Array(group.units) }, 'all alike');
  });
  export default defineConfig({
    model: './model', out: './runs/one', seed: 3,
    presets: [lorashear({ ratio: 0.3 })], plugins: [mine()], use: { saliency: 'flat' },
  });
`;

test('ls shows every plugin by port, and what a configuration adds and chooses', async t => {
  const cwd = await folderWith(t, { 'prune.config.ts': config });
  const all = await inProcess(cwd, ['ls']);
  t.is(all.status, 0, all.err);
  for (const name of ['onnxruntime', 'hf', 'llama', 'lhspg', 'wanda', 'ablation', 'perplexity', 'folder'])
    t.regex(all.out, new RegExp(`^\\S+ +${name} `, 'm'));
  const one = await inProcess(cwd, ['ls', 'saliency', '--json']);
  const entries = JSON.parse(one.out) as { port: string; name: string; plugin: string; active: boolean }[];
  t.true(entries.every(({ port }) => port === 'saliency'));
  t.deepEqual(
    entries.filter(({ active }) => active).map(({ name, plugin }) => [name, plugin]),
    [['flat', 'my-saliency']],
  );
});

test('ls helps even where use names a plugin that does not exist', async t => {
  const cwd = await folderWith(t, { 'prune.config.json': '{ "use": { "saliency": "wnda" } }' });
  t.is((await inProcess(cwd, ['ls', 'saliency'])).status, 0);
  const { status, err } = await inProcess(cwd, ['trace', '--model', 'x']);
  t.is(status, 2);
  t.regex(err, /^✖ E_UNKNOWN_PLUGIN {2}use\.saliency = "wnda" in prune\.config\.json, but/);
  t.regex(err, /Did you mean "wanda"\? Available: .*wanda \(saliency-wanda\)/);
  t.regex(err, /Run: npx secateur ls saliency/);
});

test('config prints every value with where it comes from', async t => {
  const cwd = await folderWith(t, { 'prune.config.ts': config });
  const flags = ['--text', 'a.b=b.txt', '--ratio', '0.4', '--shape', 'padded', '--format', 'gguf=q8_0'];
  const { status, out, err } = await inProcess(cwd, ['config', ...flags, '--format', 'onnx']);
  t.is(status, 0, err);
  for (const [key, value, from] of [
    ['seed', '3', 'prune.config.ts'],
    ['model', join(cwd, 'model'), 'prune.config.ts'],
    ['prune.ratio', '0.4', 'flag --ratio'],
    ['prune.of', 'blocks', 'default'],
    ['use.optimizer', 'lhspg', 'preset lorashear'],
    ['use.saliency', 'flat', 'prune.config.ts'],
    ['text.a.b.file', join(cwd, 'b.txt'), 'flag --text'],
    ['export.shape', 'padded', 'flag --shape'],
    ['export.formats.gguf', 'q8_0', 'flag --format'],
    ['export.formats.onnx', 'true', 'flag --format'],
  ] as const)
    t.true(
      out.split('\n').some(line => line.split(/ {2,}/).join('|') === [key, value, from].join('|')),
      `${key}\n${out}`,
    );
  const json = JSON.parse((await inProcess(cwd, ['config', '--json', '--preset', 'magnitude'])).out);
  t.like(json, {
    preset: 'magnitude',
    file: join(cwd, 'prune.config.ts'),
    config: { seed: 3, use: { optimizer: 'oneshot' } },
  });
  t.is(json.provenance['use.optimizer'], 'preset magnitude');
});

test('a preset is named by its file, in a configuration and by a flag', async t => {
  const preset = (name: string): string =>
    `import { definePreset } from '@secateur/core'; export default definePreset('${name}', () => ({ seed: 5 }));`;
  const cwd = await folderWith(t, {
    'prune.config.json': '{ "presets": ["./presets/mine.ts"] }',
    'presets/mine.ts': preset('mine'),
    'yours.ts': preset('yours'),
  });
  const shown = async (...flags: string[]) =>
    JSON.parse((await inProcess(cwd, ['config', '--json', ...flags])).out) as unknown;
  t.like(await shown(), { preset: 'mine', config: { seed: 5 } });
  t.like(await shown('--preset', 'yours.ts'), { preset: 'yours', provenance: { seed: 'preset yours' } });
});

test('mistakes of the user exit with 2, a code and a hint, and without a stack', async t => {
  const cwd = await folderWith(t, {
    'broken.ts': 'export default {',
    'key.json': '{ "prune": { "ration": 0.2 } }',
  });
  for (const [args, code, hint] of [
    [['run', '--ratoi', '1'], 'E_USAGE', /--ratio/],
    [['lss'], 'E_USAGE', /Did you mean ls\?/],
    [['ls', 'salience'], 'E_USAGE', /Did you mean "saliency"\?/],
    [['run', '--ratio', 'half'], 'E_USAGE', /Expected a number/],
    [['run', '--text', 'file.txt'], 'E_USAGE', /NAME=FILE/],
    [['run', '--text', 'a=b.txt', '--text', 'a=c.txt'], 'E_USAGE', /The name "a" is given twice/],
    [['run', '--shape', 'round'], 'E_USAGE', /per-layer/],
    [['run', '--format', '=f16'], 'E_USAGE', /NAME=DTYPE/],
    [['run', '--format', 'gguf='], 'E_USAGE', /NAME=DTYPE/],
    [['run', '--format', 'gguf', '--format', 'gguf=f16'], 'E_USAGE', /"gguf" is given twice/],
    [['eval', 'model'], 'E_USAGE', /--text/],
    [['eval', 'model', '--text', 'a', '--tasks', 'piqa'], 'E_USAGE', /--tasks all/],
    [['eval', 'model', '--tasks', 'piq'], 'E_UNKNOWN_PLUGIN', /Did you mean "piqa"\?/],
    [['eval', 'model', '--tasks', 'piqa'], 'E_USAGE', /--data piqa=FILE, with the rows of hf:/],
    [['eval', 'model', '--tasks', 'piqa', '--data', 'boolk=f'], 'E_UNKNOWN_PLUGIN', /"boolq"/],
    [['run', '--model', 'm', '--ratio', '1.5'], 'E_RATIO', /share that is removed/],
    [['run', '--model', 'm', '--preset', 'lorashaer'], 'E_UNKNOWN_PLUGIN', /Did you mean "lorashear"\?/],
    [['run'], 'E_CONFIG_INVALID', /--model/],
    [['config', '--config', 'none.ts'], 'E_CONFIG_NOT_FOUND', /--config FILE/],
    [['config', '--config', 'broken.ts'], 'E_CONFIG_LOAD', /export default/],
    [['config', '--config', 'key.json'], 'E_CONFIG_INVALID', /Did you mean "ratio"\?/],
    [['trace', '--model', 'none'], 'E_MODEL_NOT_FOUND', /none/],
    [['resume', 'none'], 'E_RESUME', /none/],
  ] as const) {
    const { status, out, err } = await inProcess(cwd, args);
    t.is(status, 2, `${args.join(' ')}\n${err}`);
    t.is(out, '');
    t.true(err.includes(`✖ ${code}  `), err);
    t.regex(err, hint);
    t.notRegex(err, /^ +at /m);
  }
});

test('a plugin that fails is named; --stack shows where, before or after the command', async t => {
  const cwd = await folderWith(t, {
    'prune.config.ts': `import { definePlugin } from 'secateur';
      export default { plugins: [definePlugin('shaky', () => { throw new TypeError('oops'); })()] };`,
  });
  const plain = await inProcess(cwd, ['ls']);
  t.is(plain.status, 2);
  t.regex(plain.err, /^✖ E_PLUGIN_FAILED {2}plugin "shaky" failed while it was set up: oops\n {2}.*--stack/);
  for (const args of [
    ['--stack', 'ls'],
    ['ls', '--stack'],
  ])
    t.regex((await inProcess(cwd, args)).err, /TypeError: oops\n +at .*prune\.config\.ts/);
});

test('help and version exit with 0, a missing command with 2', async t => {
  const cwd = await folderWith(t, {});
  t.regex((await inProcess(cwd, ['--version'])).out, /^\d+\.\d+\.\d+\n$/);
  const help = await inProcess(cwd, ['run', '--help']);
  t.is(help.status, 0);
  t.regex(help.out, /--preset <name>/);
  const bare = await inProcess(cwd, []);
  t.is(bare.status, 2);
  t.regex(bare.err, /Usage: secateur/);
});
