import { definePlugin, SaliencyScorer, unitWeights } from '@secateur/core';
import { z } from 'zod';
import { type ElementForm, elementForms, elementNeeds, elementTerms } from './elements.js';
import { type TaylorForm, taylorScores } from './taylor.js';

export { type ElementForm, elementTerms } from './elements.js';
export { type TaylorForm, taylorScores } from './taylor.js';

const schema = z.strictObject({
  /** By gates, see {@link TaylorForm}, or by the entries of all weights, see {@link ElementForm}. Default `fisher`. */
  form: z.enum(['absolute', 'signed', 'fisher', 'second', ...elementForms]).default('fisher'),
});

/** Taylor saliency from gate gradients: no gradient of any weight is needed. */
export const gateScorer = (form: TaylorForm): SaliencyScorer => ({
  needs: ['gateGradient'],
  score: (group, signals) => taylorScores(signals.gateGradient(group), form),
});

/** Taylor saliency from gradients of the base weights, over the rows that make a unit and the columns that read it. */
export const elementScorer = (form: ElementForm): SaliencyScorer => {
  const needs = elementNeeds[form];
  return {
    needs,
    async score(group, signals) {
      const sums = new Float64Array(group.units);
      for (const member of group.members) {
        const { param } = member;
        const { data, shape } = await signals.weight(param);
        const gradient = needs.includes('gradient') ? signals.gradient(param).data : undefined;
        const fisher = needs.includes('fisher') ? signals.fisher(param).data : undefined;
        const terms = unitWeights(shape, elementTerms(form, data, gradient, fisher));
        terms.forEachUnit(member, (unit, slice) => {
          for (const term of slice) sums[unit]! += term;
        });
      }
      return Float32Array.from(sums, Math.abs);
    },
  };
};

const isElementForm = (form: TaylorForm | ElementForm): form is ElementForm => form in elementNeeds;

export default definePlugin(
  'saliency-taylor',
  (api, { form }) => {
    api.provide(
      SaliencyScorer,
      'taylor',
      isElementForm(form) ? elementScorer(form) : gateScorer(form),
      'gradients by gates or weights: what removal does to the loss',
    );
  },
  schema,
);
