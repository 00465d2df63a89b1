import { z } from '@secateur/core';
import { plainChoices } from '../labelled-choices.js';
import { form, multipleChoice } from '../multiple-choice.js';

const original = z.object({
  activity_label: z.string(),
  ctx_a: z.string(),
  ctx_b: z.string(),
  endings: z.array(z.string()),
  label: z.coerce.number().int(),
});
const prepared = z.object({ query: z.string(), ...plainChoices });

/** Takes out what WikiHow left behind: titles and everything in brackets. */
const clean = (text: string): string =>
  text
    .trim()
    .replaceAll(' [title]', '. ')
    .replaceAll(/\[.*?\]/g, '')
    .replaceAll('  ', ' ');

/** The first letter large, all others small, as in Python. */
const capitalised = (text: string): string => {
  const [first = '', ...rest] = text;
  return `${first.toUpperCase()}${rest.join('').toLowerCase()}`;
};

/** HellaSwag (Zellers et al., arXiv 1905.07830): how a scene goes on. */
export const hellaswag = multipleChoice({
  version: 1,
  licence: 'MIT',
  source: { dataset: 'hf:Rowan/hellaswag', split: 'validation' },
  metrics: ['acc', 'acc_norm'],
  forms: [
    form(original, ({ activity_label, ctx_a, ctx_b, endings, label }) => ({
      context: clean(`${activity_label}: ${ctx_a} ${capitalised(ctx_b)}`),
      choices: endings.map(clean),
      gold: label,
    })),
    form(prepared, ({ query, choices, gold }) => ({ context: query, choices, gold })),
  ],
});
