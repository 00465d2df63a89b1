import { executeRun, openSession, type Report, resolveConfig, resumeRun, systemClock } from '@secateur/core';
import lorashear from '@secateur/preset-lorashear';
import { installation } from 'secateur';
import { bundledMaterial } from '../results/bundled.js';
import { plainTexts } from '../results/material.js';

/** 12 steps on the bundled model, in three periods. A checkpoint after each second, real files and the real engine. */
export const shrinkingRun = async (out: string, shrink: boolean, how: 'run' | 'resume'): Promise<Report> => {
  const { model, sources } = bundledMaterial();
  const { config, plugins, preset } = resolveConfig({
    cwd: out,
    clock: systemClock,
    installation,
    flags: {
      model,
      out,
      presets: [lorashear({ ratio: 0.5, lhspg: { periods: 3, warmup: 0.1, share: 0.8, shrink } })],
      threads: 1,
      use: { knowledge: 'none', recovery: 'none' },
      text: Object.fromEntries(
        plainTexts(sources).map(({ name, train, test }) => [name, { file: train, validation: test }]),
      ),
      train: { tokens: 768, batch: 2, sequence: 32, learningRate: 0.002 },
      calibration: { sequences: 4 },
      evaluate: { chunk: 64, tokens: 1024 },
      checkpoint: { steps: 2 },
    },
  });
  const quiet = plugins.filter(plugin => !plugin.name.startsWith('reporter'));
  const session = await openSession({ config, plugins: quiet, preset });
  return how === 'run' ? executeRun(session) : resumeRun(session);
};
