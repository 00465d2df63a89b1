import saliencyRandom from '@secateur/plugin-saliency-random';
import { defineBaseline } from '@secateur/preset-baseline';

/** Random pruning: what any score must beat. Units fall by lot, alike in every layer; another seed, another lot. */
export default defineBaseline('random', {
  plugins: [saliencyRandom()],
  use: { saliency: 'random' },
  prune: { ranking: 'uniform' },
});
