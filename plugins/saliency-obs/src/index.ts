import { definePlugin, type RemovalGroup, SaliencyScorer, type Signals } from '@secateur/core';
import { consumerOf, indicesOfUnit } from '@secateur/core/graph';
import { z } from 'zod';
import { greedyCostsAside } from './greedy-thread.js';

export { type GreedyInput, greedyCosts } from './greedy.js';

const schema = z.strictObject({
  /** Ridge of each input, as a share of its mean square. */
  ridge: z.number().gt(0).default(1e-3),
  /** Share of a group's remaining units that is taken at once; 0 takes one at a time. */
  block: z.number().min(0).max(0.5).default(0.02),
  /**
   * What an output error costs in loss: `output`, its square by the mean square of d loss / d output; `none`: nothing is
   * asked of the loss, for rankings within a group.
   */
  curvature: z.enum(['output', 'none']).default('output'),
});

/**
 * What the survivors of a group cannot reproduce, in loss: the squared error that optimal repair leaves in the output of
 * the weight that reads them, by E (d loss / d output)², the Fisher curvature of that output taken as alike in all of its
 * directions and independent of the error.
 */
export const obsScorer = ({ ridge, block, curvature }: z.output<typeof schema>): SaliencyScorer => ({
  needs: curvature === 'none' ? ['inputGram'] : ['inputGram', 'outputGradient'],
  async score(group: RemovalGroup, signals: Signals, stop?: AbortSignal) {
    const { param, layout } = consumerOf(group)!;
    const { data: weight, shape } = await signals.effective(param);
    const [out, into] = shape as [number, number];
    const gram = signals.inputGram(param);
    const units = Array.from({ length: group.units }, (_, unit) => [
      ...indicesOfUnit(layout, group.dimension, unit),
    ]);
    const worth = curvature === 'none' ? 1 : signals.outputGradient(param);
    const input = { weight, out, into, gram, units, ridge, block };
    return Float32Array.from(await greedyCostsAside(input, stop), error => worth * error);
  },
});

export default definePlugin(
  'saliency-obs',
  (api, options) => {
    api.provide(SaliencyScorer, 'obs', obsScorer(options), 'loss that survivors cannot make up for');
  },
  schema,
);
