// A scorer of one's own in the place of the preset's. From this folder: npx secateur run
import { defineConfig } from '@secateur/core';
import lorashear from '@secateur/preset-lorashear';
import meanAbs from './mean-abs.ts';

const bundled = '../bundled-model';

export default defineConfig({
  model: `${bundled}/model`,
  adapter: `${bundled}/adapter`,
  presets: [lorashear({ ratio: 0.2 })],
  plugins: [meanAbs()],
  use: { saliency: 'mean-abs' },
  text: {
    'moby-dick': `${bundled}/text/moby-dick.txt`,
    speeches: `${bundled}/text/speeches.txt`,
  },
  train: { tokens: 20_000, learningRate: 0.002 },
  calibration: { sequences: 16 },
  evaluate: { tokens: 4_000 },
  seed: 7,
});
