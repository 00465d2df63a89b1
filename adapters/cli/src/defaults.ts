import type { Installation } from '@secateur/core';
import { adapters, algorithms, presets } from './bundled.js';

/** What this package brings: engine, files, terminal, every algorithm by name, and the presets. */
export const installation: Installation = {
  plugins: [...Object.values(adapters), ...Object.values(algorithms)].map(({ default: plugin }) => plugin()),
  presets: Object.fromEntries(Object.values(presets).map(({ default: preset }) => [preset().name, preset])),
  preset: 'lorashear',
  use: { engine: 'onnxruntime' },
};
