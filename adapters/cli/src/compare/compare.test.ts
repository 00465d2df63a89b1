import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  folderWith,
  inProcess,
  llama2cCheckpoint,
  llama2cTokenizer,
  type Outcome,
  type ProcessOptions,
  secateur,
  text,
} from '../cli.test.data.js';
import type { CompareRecord } from './record.js';

/** A scorer of one's own, told when training begins, so that a test can stop it there. */
const mine = `
  import { definePreset, definePlugin, SaliencyScorer } from '@secateur/core';
  import magnitude from '@secateur/preset-magnitude';
  const plugin = definePlugin('mine', api => {
    api.provide(SaliencyScorer, 'first', { score: group => Float32Array.from({ length: group.units }, (_, i) => i) });
    api.hooks.afterRound.tap(() => api.log('warn', 'a round is over'));
  });
  export default definePreset('mine', () => {
    const { plugins, config } = magnitude();
    const { sampler: _, ...use } = config.use;
    return { ...config, plugins: [...plugins, plugin()], use: { ...use, saliency: 'first' } };
  });
`;

/** 16 channels of 48 parameters, 8 of each layer, are 19.67 % of the 3904 parameters of the blocks. */
const RATIO = '0.19675';
const config = {
  model: 'model',
  text: { words: 'text.txt' },
  prune: { minChannels: 1, kinds: ['channel'] },
  train: { tokens: 640, batch: 4, sequence: 32, rank: 2 },
  calibration: { sequences: 4 },
  evaluate: { tokens: 200 },
  threads: 1,
  seed: 3,
};

test('in processes of their own: Ctrl-C in the second cell, and the same command again', async t => {
  const cwd = await folderWith(t, {
    'model.bin': llama2cCheckpoint(),
    'tokenizer.bin': llama2cTokenizer(),
    'text.txt': text(6000),
    'mine.ts': mine,
    'prune.config.json': JSON.stringify(config),
  });
  t.is((await inProcess(cwd, ['convert', 'llama2c', 'model.bin', 'tokenizer.bin', 'model'])).status, 0);
  const compare = (options: ProcessOptions = {}): Promise<Outcome> => {
    const args = [
      '--presets',
      'magnitude,mine.ts',
      '--ratio',
      RATIO,
      '--seeds',
      '1',
      '--recovery-tokens',
      '640',
    ];
    return secateur(cwd, ['compare', ...args, '--out', 'out'], options);
  };

  const stopped = await compare({ interruptAt: 'a round is over' });
  t.is(stopped.status, 130, stopped.err);
  t.regex(stopped.err, /^\[compare\] Cell 2 of 2: mine, ratio 0\.19675, seed 3$/m);
  t.regex(
    stopped.err,
    /✖ E_INTERRUPTED {2}the comparison was interrupted\n {2}npx secateur compare --presets magnitude,mine\.ts .*--out out\n$/,
  );
  t.deepEqual((await readdir(join(cwd, `out/cells/mine-${RATIO}-s3`))).sort(), ['run', 'settings.json']);

  const resumed = await compare();
  t.is(resumed.status, 0, resumed.err);
  t.regex(resumed.err, /^1 of 2 cells are kept in out\n\[compare\] Cell 2 of 2: mine/);
  t.regex(resumed.out, /^dense +- +\S+ +\S+ +\d+\.\d\d +- +1\.00 /m);
  t.regex(resumed.out, /^mine +structured +\S+ +\S+ +\d+\.\d\d /m);
  const made: CompareRecord = JSON.parse(await readFile(join(cwd, 'out/compare.json'), 'utf8'));
  t.deepEqual(made.unequal, { parameters: [], tokens: [], inputs: [] });
  t.deepEqual(
    made.cells.map(cell => [cell.preset, cell.resumed]),
    [
      ['magnitude', false],
      ['mine', true],
    ],
  );
  for (const { tokens, speed, peakBytes, tuningLoss, seconds } of made.cells) {
    t.deepEqual(tokens, { pruning: 0, recovery: 640 });
    t.true(speed.dense > 0 && speed.pruned > 0 && speed.ratio > 0);
    t.true(peakBytes > 2 ** 24 && tuningLoss! > 0 && seconds.run > seconds.training);
  }
  const page = await readFile(join(cwd, 'out/compare.md'), 'utf8');
  t.regex(page, /npx secateur compare --presets magnitude,mine\.ts --ratio 0\.19675/);
  t.deepEqual((await readdir(join(cwd, 'out/charts'))).sort(), [
    `kept-magnitude-${RATIO}.svg`,
    `kept-mine-${RATIO}.svg`,
    'quality.svg',
  ]);
});

test('a process that dies is an error of its cell, and no more', async t => {
  const cwd = await folderWith(t, {
    'prune.config.json': JSON.stringify(config),
    'dying.ts': `import { definePlugin, definePreset } from '@secateur/core';
      const plugin = definePlugin('dying', api => {
        api.hooks.initialize.tap(() => void process.kill(process.pid, 'SIGKILL'));
      });
      const use = { optimizer: 'oneshot', saliency: 'magnitude', recovery: 'none' };
      export default definePreset('dying', () => ({ plugins: [plugin()], use }));`,
  });
  const { status, err } = await secateur(cwd, ['compare', '--presets', 'dying.ts', '--ratio', RATIO]);
  t.is(status, 2);
  t.regex(err, /✖ E_ENGINE {2}dying, ratio 0\.19675, seed 3: the process of the cell ended with SIGKILL/);
  t.regex(err, /may have lacked memory/);
});

test('what the command line has wrong is said before anything is run', async t => {
  const cwd = await folderWith(t, {
    'mine.ts': mine,
    'twin.ts': mine,
    'prune.config.json': JSON.stringify(config),
  });
  for (const [args, code, hint] of [
    [['--presets', 'magnitude'], 'E_USAGE', /--ratio/],
    [['--ratio', '0.2'], 'E_USAGE', /--presets/],
    [['--presets', 'magnitude', '--ratio', '0.2,2'], 'E_USAGE', /above 0 and below 1/],
    [['--presets', 'magnitude', '--ratio', '0.2,0.2'], 'E_USAGE', /each once/],
    [['--presets', 'magnitude', '--ratio', '0.2', '--rates', '0,1'], 'E_USAGE', /above 0/],
    [['--presets', 'magnitude', '--ratio', '0.2', '--seeds', '0'], 'E_USAGE', /at least 1/],
    ...[
      ['x', /Expected a number/],
      ['5,magnitude', /NAME=NUMBER/],
      ['5,=4', /NAME=NUMBER/],
      ['5,magnitude=0', /at least 1/],
      ['5,magnitude=4,magnitude=3', /given twice/],
      ['5,wanda=4', /tokens to "wanda", expected one of magnitude/],
    ].map(
      ([tokens, hint]) =>
        [
          ['--presets', 'magnitude', '--ratio', '0.2', '--recovery-tokens', tokens as string],
          'E_USAGE',
          hint as RegExp,
        ] as const,
    ),
    [['--presets', 'magnitdue', '--ratio', '0.2'], 'E_UNKNOWN_PLUGIN', /Did you mean "magnitude"\?/],
    [['--presets', './none.ts', '--ratio', '0.2'], 'E_CONFIG_NOT_FOUND', /none\.ts/],
    [['--presets', './mine.ts,./twin.ts', '--ratio', '0.2'], 'E_USAGE', /both called "mine"/],
  ] as const) {
    const { status, err } = await inProcess(cwd, ['compare', ...args]);
    t.is(status, 2, `${args.join(' ')}\n${err}`);
    t.true(err.includes(`✖ ${code}  `), err);
    t.regex(err, hint);
  }
  t.false((await readdir(cwd)).includes('runs'));
});
