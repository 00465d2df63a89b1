// The preset lorashear in one period, and from there with one knob turned:
//     npx secateur compare --presets ./examples/variants/lorashear.ts#periods1,./examples/variants/lorashear.ts#rows
import { definePreset, type PresetContent } from '@secateur/core';
import repairLeastSquares from '@secateur/plugin-repair-least-squares';
import saliencyFlap from '@secateur/plugin-saliency-flap';
import saliencyObs from '@secateur/plugin-saliency-obs';
import lorashear from '@secateur/preset-lorashear';

type Options = Parameters<typeof lorashear>[0];

/** The preset with these options, in one period unless they say otherwise, and with these settings over its own. */
const variant = (name: string, options: Options, { plugins = [], use, prune }: PresetContent = {}) =>
  definePreset(name, () => {
    const { plugins: own, config } = lorashear({ ...options, lhspg: { periods: 1, ...options?.lhspg } });
    return {
      ...config,
      plugins: [...own, plugins],
      use: { ...config.use, ...use },
      ...(prune === undefined ? {} : { prune }),
    };
  });

/** Four periods over half of the tokens after a warm-up: nearest to the paper. */
const paper = { periods: 4, share: 0.5, warmup: 0.1 };

// The paper's claims: without fading, without protection, on what was forgotten most or on all alike.
export const oneshot = variant('oneshot', {}, { use: { optimizer: 'oneshot' } });
export const unprotected = variant('protect-0', { protect: 0 }, { use: { knowledge: 'none' } });
export const evenly = variant('sampler-uniform', {}, { use: { sampler: 'uniform' } });

// How it fades.
export const rows = variant('rows', { lhspg: { fade: 'rows' } });
export const halfSpace = variant('half-space', { lhspg: { fade: 'half-space' } });
export const quadratic = variant('decay-quadratic', { lhspg: { decay: 'quadratic' } });

// How long.
export const periods1 = variant('periods-1', {});
export const periods2 = variant('periods-2', { lhspg: { periods: 2 } });
export const periods8 = variant('periods-8', { lhspg: { periods: 8 } });
export const share5 = variant('share-5', { lhspg: { share: 0.05 } });
export const share25 = variant('share-25', { lhspg: { share: 0.25 } });
export const share50 = variant('share-50', { lhspg: { share: 0.5 } });
export const warmup = variant('warmup-10', { lhspg: { warmup: 0.1 } });
export const asPublished = variant('as-published', { lhspg: paper });
export const fixed = variant('as-published-fixed', { lhspg: { ...paper, allocation: 'fixed' } });
export const periods4Fixed = variant('periods-4-fixed', { lhspg: { periods: 4, allocation: 'fixed' } });
export const periods4Share25 = variant('periods-4-share-25', { lhspg: { periods: 4, share: 0.25 } });

// What it fades, and what it leaves behind.
export const wandaScores = variant(
  'wanda-scores',
  {},
  { use: { saliency: 'wanda' }, prune: { ranking: 'uniform' } },
);
export const loraScores = variant('lora-scores', {}, { use: { saliency: 'lora' } });
export const flapScores = variant(
  'flap-scores',
  {},
  { plugins: [saliencyFlap()], use: { saliency: 'flap' }, prune: { ranking: 'score' } },
);
export const obsScores = variant(
  'obs-scores',
  {},
  { plugins: [saliencyObs()], use: { saliency: 'obs' }, prune: { ranking: 'joint' } },
);
export const repaired = variant(
  'repaired',
  {},
  { plugins: [repairLeastSquares()], use: { repair: 'least-squares' } },
);
