import { definePlugin, SaliencyScorer, type SignalName } from '@secateur/core';
import { indicesOfUnit } from '@secateur/core/graph';
import { z } from 'zod';
import { type FlapMetric, flapColumns, standardised } from './flap.js';

export { type FlapMetric, flapColumns, standardised } from './flap.js';

const schema = z.strictObject({
  /** See {@link FlapMetric}. Default `wifv`. */
  metric: z.enum(['wifv', 'ifv', 'wifn']).default('wifv'),
  /** Bring the columns of every group to mean 0 and deviation 1, so that all units can be ranked in one list. Default true. */
  standardise: z.boolean().default(true),
});

export interface FlapOptions {
  readonly metric: FlapMetric;
  readonly standardise: boolean;
}

const needOf: Readonly<Record<FlapMetric, SignalName>> = {
  wifv: 'inputMoments',
  ifv: 'inputMoments',
  wifn: 'inputNorms',
};

/**
 * FLAP: how much the inputs that a unit gives to o_proj or down_proj fluctuate. A unit of several columns has their mean
 * where they are standardised, else their sum, as in the authors' code.
 */
export const flapScorer = ({ metric, standardise }: FlapOptions): SaliencyScorer => ({
  needs: [needOf[metric]],
  async score(group, signals) {
    const scores = new Float64Array(group.units);
    for (const { param, layout, side, dimension } of group.members) {
      if (side !== 'consumer') continue;
      const weight = await signals.effective(param);
      const statistic = metric === 'wifn' ? signals.inputNorms(param) : signals.inputMoments(param).variance;
      const raw = flapColumns(metric, weight.data, weight.shape as [number, number], statistic);
      const columns = standardise ? standardised(raw) : raw;
      for (let unit = 0; unit < group.units; unit++) {
        const own = indicesOfUnit(layout, dimension, unit);
        const sum = own.reduce((total, column) => total + columns[column]!, 0);
        scores[unit]! += standardise ? sum / own.length : sum;
      }
    }
    return Float32Array.from(scores);
  },
});

export default definePlugin(
  'saliency-flap',
  (api, options) => {
    api.provide(SaliencyScorer, 'flap', flapScorer(options), 'how much the inputs of a unit fluctuate');
  },
  schema,
);
