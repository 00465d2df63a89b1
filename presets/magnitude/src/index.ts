import saliencyMagnitude from '@secateur/plugin-saliency-magnitude';
import { defineBaseline } from '@secateur/preset-baseline';

/** Magnitude pruning: scored once, cut once, alike in every layer. */
export default defineBaseline('magnitude', {
  plugins: [saliencyMagnitude()],
  use: { saliency: 'magnitude' },
  prune: { ranking: 'uniform' },
});
