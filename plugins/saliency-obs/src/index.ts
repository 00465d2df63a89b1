import { definePlugin, type RemovalGroup, SaliencyScorer, type Signals } from '@secateur/core';
import { consumerOf, indicesOfUnit } from '@secateur/core/graph';
import { z } from 'zod';
import { greedyCostsAside } from './greedy-thread.js';
import { outputEnergy } from './output-energy.js';
import { worthOf } from './worth.js';

export { type GreedyInput, greedyCosts } from './greedy.js';
export { outputEnergy } from './output-energy.js';
export { type Curvature, worthOf } from './worth.js';

const schema = z.strictObject({
  /** Ridge of each input, as a share of its mean square. */
  ridge: z.number().gt(0).default(1e-3),
  /** Share of a group's remaining units that is taken at once; 0 takes one at a time. */
  block: z.number().min(0).max(0.5).default(0.02),
  /**
   * What a unit of output error costs in loss, from the Fisher curvature: `group`: alike for all units of a group;
   * `unit`: for each of its own; `none`: nothing is asked of the loss, for rankings within a group.
   */
  curvature: z.enum(['group', 'unit', 'none']).default('group'),
});

/**
 * What the survivors of a group cannot reproduce, in loss: E (d loss / d gate)² is the Fisher curvature of a unit's
 * removal; the share of its output energy that optimal repair leaves is how much of that remains.
 */
export const obsScorer = ({ ridge, block, curvature }: z.output<typeof schema>): SaliencyScorer => ({
  needs: ['gateGradient', 'inputGram'],
  async score(group: RemovalGroup, signals: Signals, stop?: AbortSignal) {
    const { param, layout } = consumerOf(group)!;
    const { data: weight, shape } = await signals.effective(param);
    const [out, into] = shape as [number, number];
    const gram = signals.inputGram(param);
    const units = Array.from({ length: group.units }, (_, unit) => [
      ...indicesOfUnit(layout, group.dimension, unit),
    ]);
    const { meanSquare } = signals.gateGradient(group);
    const energies = units.map(columns => outputEnergy(weight, out, into, gram, columns));
    const worth = worthOf(meanSquare, energies, curvature);
    const input = { weight, out, into, gram, units, worth, ridge, block };
    return Float32Array.from(await greedyCostsAside(input, stop));
  },
});

export default definePlugin(
  'saliency-obs',
  (api, options) => {
    api.provide(SaliencyScorer, 'obs', obsScorer(options), 'loss that survivors cannot make up for');
  },
  schema,
);
