import { definePlugin, SaliencyScorer } from '@secateur/core';
import { z } from 'zod';
import { taylorScores } from './taylor.js';

export { type TaylorForm, taylorScores } from './taylor.js';

const schema = z.strictObject({
  /** See {@link taylorScores}. Default `fisher`. */
  form: z.enum(['absolute', 'signed', 'fisher', 'second']).default('fisher'),
});

/** Taylor saliency from gate gradients: no gradient of any weight is needed. */
export default definePlugin(
  'saliency-taylor',
  (api, options) => {
    const { form } = options;
    api.provide(
      SaliencyScorer,
      'taylor',
      {
        needs: ['gateGradient'],
        score: (group, signals) => taylorScores(signals.gateGradient(group), form),
      },
      'gradients by gates: what removal does to the loss',
    );
  },
  schema,
);
