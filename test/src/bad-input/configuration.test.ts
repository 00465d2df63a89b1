import type { ErrorCode } from '@secateur/core';
import { type BadInput, refuses, run } from './refuses.js';

const all = { model: 'model', out: 'out', text: { t: 'text.txt' } };

/** A configuration file beside a run that says everything else itself: it must not be passed over. */
const file = (content: string, says: RegExp, code: ErrorCode = 'E_CONFIG_LOAD'): BadInput => ({
  damage: bench => bench.write('prune.config.ts', content),
  code,
  says,
});

const json = (config: object, code: ErrorCode, says: RegExp, hint = /\S/): BadInput => ({
  damage: bench => bench.write('prune.config.json', JSON.stringify({ ...all, ...config })),
  args: ['run'],
  code,
  says,
  hint,
});

refuses('configuration', {
  'that throws': file("throw new Error('boom')", /prune\.config\.ts cannot be loaded: boom/),
  'that throws later': file("export default Promise.reject(new Error('boom'))", /prune\.config\.ts .*: boom/),
  'that is no TypeScript': file('const a = 1;\nexport default {', /ParseError: Unexpected token at 2:\d+/),
  'that imports what is not there': file("import './none.js'; export default {}", /Cannot find module/),
  'that is empty': file('', /exports nothing, expected a configuration/),
  'that exports nothing': file('const seed = 7;', /exports nothing, expected a configuration/),
  'that has no default export': file(
    'export const config = {};',
    /exports config, expected a default export/,
  ),
  'that is a function': file(
    'export default () => ({})',
    /the configuration = a function in prune\.config\.ts, expected an object/,
    'E_CONFIG_INVALID',
  ),
  'that holds itself': file(
    'const a: any = {}; a.own = a; export default { modle: a }',
    /modle = .*Circular.* in prune\.config\.ts is not a known key/,
    'E_CONFIG_INVALID',
  ),
  'with a preset that was not called': file(
    "import l from '@secateur/preset-lorashear'; export default { presets: [l] }",
    /presets in prune\.config\.ts holds a function, expected a preset/,
    'E_CONFIG_INVALID',
  ),
  'with an unknown option': file(
    "import l from '@secateur/preset-lorashear'; export default { presets: [l({ ratoi: 0.2 } as object)] }",
    /preset "lorashear": options\.ratoi = 0\.2 is not a known key/,
    'E_PLUGIN_OPTIONS',
  ),
  'with a plugin that fails': file(
    "export default { plugins: [{ name: 'bad', apply() { throw new Error('boom') } }] }",
    /plugin "bad" failed while it was set up: boom/,
    'E_PLUGIN_FAILED',
  ),
  'with a plugin that fails when it is needed, hours later': file(
    `import { SaliencyScorer } from 'secateur';
     const apply = (api: any) => api.provide(SaliencyScorer, 'mine', () => { throw new Error('boom'); });
     export default { use: { saliency: 'mine' }, plugins: [{ name: 'bad', apply }] };`,
    /plugin "bad" failed while it made saliency "mine": boom/,
    'E_PLUGIN_FAILED',
  ),
  'that is not there': {
    args: [...run, '--config', 'none.ts'],
    code: 'E_CONFIG_NOT_FOUND',
    says: /none\.ts does not exist/,
    hint: /--config FILE/,
  },
  'that is a folder': {
    args: [...run, '--config', 'model'],
    code: 'E_CONFIG_LOAD',
    says: /model cannot be loaded: EISDIR/,
  },
  'in JSON that is cut short': {
    damage: bench => bench.write('prune.config.json', '{ "seed": '),
    code: 'E_CONFIG_LOAD',
    says: /prune\.config\.json cannot be loaded: Unexpected end of JSON/,
  },
  'that is null': {
    damage: bench => bench.write('prune.config.json', 'null'),
    code: 'E_CONFIG_LOAD',
    says: /prune\.config\.json exports nothing/,
  },
});

refuses('keys', {
  'unknown at the top': json(
    { modle: 'x' },
    'E_CONFIG_INVALID',
    /modle = "x" in prune\.config\.json is not a known key/,
    /Did you mean "model"\?/,
  ),
  'unknown below': json(
    { prune: { ration: 0.2 } },
    'E_CONFIG_INVALID',
    /prune\.ration = 0\.2 in .* is not a known key/,
    /Did you mean "ratio"\?/,
  ),
  'unknown of a text': json(
    { text: { t: { file: 'text.txt', valdation: 0.1 } } },
    'E_CONFIG_INVALID',
    /text\.t\.valdation = 0\.1/,
    /Did you mean "validation"\?/,
  ),
  'an unknown port': json(
    { use: { salience: 'wanda' } },
    'E_CONFIG_INVALID',
    /use\.salience = "wanda" in .* is not a known key/,
    /Did you mean "saliency"\?/,
  ),
  'an unknown plugin': json(
    { use: { saliency: 'wnda' } },
    'E_UNKNOWN_PLUGIN',
    /use\.saliency = "wnda" in prune\.config\.json, but no plugin provides that/,
    /Did you mean "wanda"\?[\s\S]*npx secateur ls saliency/,
  ),
  'an unknown preset': json(
    { presets: ['lorashaer'] },
    'E_UNKNOWN_PLUGIN',
    /presets in prune\.config\.json names "lorashaer"/,
    /Did you mean "lorashear"\?/,
  ),
  'a preset that every object has': json({ presets: ['toString'] }, 'E_UNKNOWN_PLUGIN', /"toString"/),
  ...Object.fromEntries(
    ['evaluator', 'saliency', 'optimizer', 'sampler'].map(port => [
      `no ${port}, which is needed late`,
      json(
        { use: { [port]: 'none' } },
        'E_UNKNOWN_PLUGIN',
        new RegExp(`use\\.${port} is "none", but the run needs one`),
      ),
    ]),
  ),
  'more threads than there can be': json({ threads: 1e9 }, 'E_CONFIG_INVALID', /threads = 1000000000/),
  'a batch that its parts do not fill': json(
    { train: { microBatch: 3 } },
    'E_CONFIG_INVALID',
    /train\.microBatch = 3 in prune\.config\.json, expected a divisor of train\.batch, which is 8 \(default\)/,
  ),
  'a packing that is none': json(
    { train: { packing: 'all' } },
    'E_CONFIG_INVALID',
    /train\.packing = "all" in prune\.config\.json, expected one of none, instructions, documents/,
  ),
  'a batch beyond memory': json({ train: { batch: 1e9 } }, 'E_CONFIG_INVALID', /train\.batch = 1000000000/),
  'a rank beyond every layer': json(
    { train: { rank: 1e9 } },
    'E_CONFIG_INVALID',
    /train\.rank is 1000000000, but no layer .* more than 128/,
  ),
  'targets that the model lacks': json(
    { train: { targets: ['c_attn'] } },
    'E_CONFIG_INVALID',
    /train\.targets names \["c_attn"\], but no linear layer/,
    /the model has q_proj, /,
  ),
  'a sequence beyond the model': json(
    { train: { sequence: 513 } },
    'E_CONFIG_INVALID',
    /train\.sequence is 513, but the model can take 512/,
    /set train\.sequence to 512 or less/,
  ),
  'a chunk beyond the model': json(
    { evaluate: { chunk: 514 } },
    'E_CONFIG_INVALID',
    /evaluate\.chunk is 514, but the model can take 513/,
  ),
  'a name that protects nothing': json(
    { prune: { protect: ['model.layers.0.mpl'] } },
    'E_CONFIG_INVALID',
    /prune\.protect names "model\.layers\.0\.mpl", expected/,
    /Did you mean "model\.layers\.0\.mlp"\?/,
  ),
  'units that no gate can close': json(
    { prune: { kinds: ['hidden'] } },
    'E_CONFIG_INVALID',
    /prune\.kinds names "hidden"/,
  ),
});

const flag = (ratio: string, code: ErrorCode, says: RegExp): [string, BadInput] => [
  `${ratio} as a flag`,
  { args: [...run, '--ratio', ratio], code, says },
];

refuses('ratio', {
  ...Object.fromEntries([
    flag('0', 'E_RATIO', /prune\.ratio = 0 in the flags, expected a number more than 0/),
    flag('1', 'E_RATIO', /prune\.ratio = 1 in the flags, expected a number less than 1/),
    flag('-0.1', 'E_RATIO', /prune\.ratio = -0\.1 in the flags, expected/),
    flag('1.5', 'E_RATIO', /prune\.ratio = 1\.5 in the flags, expected/),
    flag('NaN', 'E_USAGE', /'NaN' is invalid\. Expected a number/),
    flag('abc', 'E_USAGE', /'abc' is invalid\. Expected a number/),
    flag('', 'E_USAGE', /'' is invalid\. Expected a number/),
    flag('Infinity', 'E_USAGE', /'Infinity' is invalid\. Expected a number/),
  ]),
  'NaN in a file': file(
    'export default { prune: { ratio: NaN } }',
    /prune\.ratio = NaN in prune\.config\.ts, expected a number/,
    'E_CONFIG_INVALID',
  ),
  'a string in a file': json({ prune: { ratio: '0.2' } }, 'E_CONFIG_INVALID', /prune\.ratio = "0\.2" in/),
});

const budget = (prune: object, says: RegExp, hint = /lower prune\.ratio/): BadInput =>
  json({ prune }, 'E_BUDGET', says, hint);

// After the headers are read, before the texts are and before anything is compiled.
refuses('budget', {
  'beyond all units': budget(
    { ratio: 0.95 },
    /1,052,083 parameters .* hold only 1,013,760 above their minima/,
  ),
  'beyond the minima': budget({ minKvHeads: 4, minChannels: 350 }, /hold only 4,608 above their minima/),
  'beyond the rounding': budget({ ratio: 0.5, rounding: 300 }, /553,728 parameters .* hold only 340,992/),
  'of the whole model': budget({ ratio: 0.9, of: 'model' }, /1,232,755 parameters/),
  'of what is protected': budget({ protect: ['model.layers'] }, /hold only 0 above their minima/),
  'below a unit': budget(
    { ratio: 1e-6 },
    /1 parameters .* the smallest unit holds 384/,
    /raise prune\.ratio/,
  ),
});
