import optimizerIterative from '@secateur/plugin-optimizer-iterative';
import protectLayers from '@secateur/plugin-protect-layers';
import saliencyLoraprune from '@secateur/plugin-saliency-loraprune';
import { defineBaseline } from '@secateur/preset-baseline';

/**
 * LoRAPrune (arXiv 2305.18403): scores from the LoRA's gradients alone, averaged while it trains, units masked in small
 * steps on a cubic schedule, alike in every layer but the first tenth and the last, which stay whole.
 */
export default defineBaseline('loraprune', {
  plugins: [saliencyLoraprune(), optimizerIterative(), protectLayers({ first: 0.1, last: 1 })],
  use: { saliency: 'loraprune', optimizer: 'iterative' },
  prune: { ranking: 'uniform' },
});
