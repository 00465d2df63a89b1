// What `npm start` runs: LoRAShear on the bundled model. Copy it next to your own model and change the paths.
import { defineConfig } from '@secateur/core';
import lorashear from '@secateur/preset-lorashear';

const bundled = './examples/bundled-model';
const text = (name: string, ending = 'txt') => ({
  file: `${bundled}/text/${name}.${ending}`,
  tuning: `${bundled}/text/${name}.validation.${ending}`,
  validation: `${bundled}/text/${name}.held-out.${ending}`,
});

export default defineConfig({
  model: `${bundled}/model`,
  adapter: `${bundled}/adapter`,
  presets: [lorashear({ ratio: 0.2, recovery: { instructions: 0.3 } })],
  text: {
    'moby-dick': text('moby-dick'),
    speeches: text('speeches'),
    instructions: text('instructions', 'jsonl'),
  },
  train: { tokens: 150_000, learningRate: 0.002 },
  calibration: { sequences: 48 },
  evaluate: { tokens: 12_000 },
  seed: 7,
});
