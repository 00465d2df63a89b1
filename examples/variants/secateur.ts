// The preset secateur with one part taken away or changed:
//     npx secateur compare --presets secateur,./examples/variants/secateur.ts#noRepair
import { definePreset, type PresetContent } from '@secateur/core';
import allocationSearch from '@secateur/plugin-allocation-search';
import optimizerLhspg from '@secateur/plugin-optimizer-lhspg';
import saliencyFlap from '@secateur/plugin-saliency-flap';
import saliencyTaylor from '@secateur/plugin-saliency-taylor';
import saliencyWanda from '@secateur/plugin-saliency-wanda';
import secateur from '@secateur/preset-secateur';

type Options = Parameters<typeof secateur>[0];

/** The preset with these options, and with these settings over its own. */
const variant = (name: string, options: Options, { plugins = [], use, prune, train }: PresetContent = {}) =>
  definePreset(name, () => {
    const { plugins: own, config } = secateur(options);
    return {
      ...config,
      plugins: [...own, plugins],
      use: { ...config.use, ...use },
      prune: { ...config.prune, ...prune },
      train: { ...config.train, ...train },
    };
  });

// One part less.
export const noRepair = variant('no-repair', {}, { use: { repair: 'none' } });
export const noTeacher = variant('no-teacher', {}, { use: { objective: 'none' } });
export const lowRank = variant('rank-8', { rank: 8 });
export const uniform = variant('uniform', {}, { prune: { ranking: 'uniform' } });
export const wandaScores = variant(
  'wanda-scores',
  {},
  { plugins: [saliencyWanda()], use: { saliency: 'wanda' }, prune: { ranking: 'uniform' } },
);
export const taylorScores = variant(
  'taylor-scores',
  {},
  { plugins: [saliencyTaylor()], use: { saliency: 'taylor' }, prune: { ranking: 'joint' } },
);
export const flapScores = variant(
  'flap-scores',
  {},
  { plugins: [saliencyFlap()], use: { saliency: 'flap' }, prune: { ranking: 'score' } },
);

// One part changed.
export const searched = variant(
  'searched',
  {},
  { plugins: [allocationSearch()], use: { allocation: 'search' } },
);
export const kinds = variant('kinds-apart', {}, { prune: { ranking: 'kind' } });
export const highRank = variant('rank-64', { rank: 64 });
export const quarter = variant('teacher-25', { distill: 0.25 });
export const threeQuarters = variant('teacher-75', { distill: 0.75 });
export const teacherAlone = variant('teacher-100', { distill: 1 });
export const faded = variant(
  'faded',
  {},
  { plugins: [optimizerLhspg({ periods: 4 })], use: { optimizer: 'lhspg' } },
);
