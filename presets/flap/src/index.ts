import saliencyFlap from '@secateur/plugin-saliency-flap';
import { defineBaseline } from '@secateur/preset-baseline';

/** FLAP (arXiv 2312.11983): fluctuation of the inputs, standardised by layer, heads and channels in one list. */
export default defineBaseline('flap', {
  plugins: [saliencyFlap()],
  use: { saliency: 'flap' },
  prune: { ranking: 'score' },
});
