import optimizerSheared from '@secateur/plugin-optimizer-sheared';
import saliencyMagnitude from '@secateur/plugin-saliency-magnitude';
import samplerSheared from '@secateur/plugin-sampler-sheared';
import { defineBaseline } from '@secateur/preset-baseline';

/**
 * Sheared-LLaMA (arXiv 2310.06694) on a LoRA: hard-concrete masks learnt under a Lagrangian, every layer cut to one
 * shape, data by dynamic batch loading. Masks choose, so that no score is read; rates of 0.3 are what short runs want.
 */
export default defineBaseline('sheared-llama', {
  plugins: [saliencyMagnitude(), optimizerSheared({ maskRate: 0.3, multiplierRate: 0.3 }), samplerSheared()],
  use: { saliency: 'magnitude', optimizer: 'sheared', sampler: 'sheared' },
  prune: { ranking: 'uniform' },
});
