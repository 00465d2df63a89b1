// A real model out of a GGUF file. Fetch it first: npm run fetch:smollm2. From this folder: npx secateur run
import { defineConfig } from '@secateur/core';
import knowledgeAblation from '@secateur/plugin-knowledge-ablation';
import lorashear from '@secateur/preset-lorashear';

const text = '../bundled-model/text';

export default defineConfig({
  model: '../../.cache/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
  presets: [lorashear({ ratio: 0.2 })],
  // One thinning of each group instead of three, on fewer sequences: a tenth of the operations, much the same ranking.
  plugins: [knowledgeAblation({ ratios: [0.5] })],
  calibration: { sequences: 32 },
  text: {
    'moby-dick': { file: `${text}/moby-dick.txt`, validation: `${text}/moby-dick.held-out.txt` },
    speeches: { file: `${text}/speeches.txt`, validation: `${text}/speeches.held-out.txt` },
  },
  train: { tokens: 60_000 },
  evaluate: { tokens: 16_000 },
  export: { formats: { gguf: 'q8_0', onnx: 'f32' } },
});
