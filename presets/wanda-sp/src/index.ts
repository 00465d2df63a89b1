import saliencyWanda from '@secateur/plugin-saliency-wanda';
import { defineBaseline } from '@secateur/preset-baseline';

/** Structured WANDA (Wanda-sp; arXiv 2306.11695, 2312.11983): scored once, cut once, alike in every layer. */
export default defineBaseline('wanda-sp', {
  plugins: [saliencyWanda()],
  use: { saliency: 'wanda' },
  prune: { ranking: 'uniform' },
});
