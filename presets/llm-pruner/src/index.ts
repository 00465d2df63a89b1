import protectLayers from '@secateur/plugin-protect-layers';
import saliencyTaylor from '@secateur/plugin-saliency-taylor';
import { defineBaseline } from '@secateur/preset-baseline';

/**
 * LLM-Pruner (arXiv 2305.11627), block-wise with its default score: first-order Taylor of every weight, alike in every
 * layer but the first 4 and the last 2 of 32, which stay whole.
 */
export default defineBaseline('llm-pruner', {
  plugins: [saliencyTaylor({ form: 'element-first' }), protectLayers({ first: 4 / 32, last: 2 / 32 })],
  use: { saliency: 'taylor' },
  prune: { ranking: 'uniform' },
});
