import optimizerLhspg from '@secateur/plugin-optimizer-lhspg';
import saliencyHesso from '@secateur/plugin-saliency-hesso';
import { defineBaseline } from '@secateur/preset-baseline';

/**
 * HESSO (arXiv 2409.09085) on a LoRA: five criteria, units chosen and faded to zero period by period, W and B alike,
 * while the rest trains. Heads and channels are ranked apart, as its clusters are.
 */
export default defineBaseline('hesso', {
  plugins: [saliencyHesso(), optimizerLhspg({ fade: 'rows', periods: 4, share: 0.4, warmup: 0.05 })],
  use: { saliency: 'hesso', optimizer: 'lhspg' },
  prune: { ranking: 'kind' },
});
