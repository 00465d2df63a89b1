// The scorer as a preset of its own, for a comparison: npx secateur compare --presets wanda-sp,./preset.ts
import { definePreset } from '@secateur/core';
import wandaSp from '@secateur/preset-wanda-sp';
import meanAbs from './mean-abs.ts';

export default definePreset('mean-abs', () => {
  const { plugins, config } = wandaSp();
  return { ...config, plugins: [...plugins, meanAbs()], use: { ...config.use, saliency: 'mean-abs' } };
});
