import allocationDepth from '@secateur/plugin-allocation-depth';
import saliencyBlockInfluence from '@secateur/plugin-saliency-block-influence';
import { defineBaseline } from '@secateur/preset-baseline';

/**
 * ShortGPT (arXiv 2403.03853): whole layers, those that turn their hidden states least. What the budget leaves of a
 * layer is taken from the next one's units, so that methods meet at equal parameters.
 */
export default defineBaseline('shortgpt', {
  plugins: [saliencyBlockInfluence(), allocationDepth()],
  use: { saliency: 'block-influence', allocation: 'depth' },
  prune: { ranking: 'joint' },
});
