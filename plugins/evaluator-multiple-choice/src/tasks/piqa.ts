import { z } from '@secateur/core';
import { form, multipleChoice } from '../multiple-choice.js';

const row = z.object({ goal: z.string(), sol1: z.string(), sol2: z.string(), label: z.number().int() });

/** PIQA (Bisk et al., arXiv 1911.11641): which of two ways leads to a goal. */
export const piqa = multipleChoice({
  version: 1,
  licence: 'AFL-3.0',
  source: { dataset: 'hf:baber/piqa', split: 'validation' },
  metrics: ['acc', 'acc_norm'],
  forms: [
    form(row, ({ goal, sol1, sol2, label }) => ({
      context: `Question: ${goal}\nAnswer:`,
      choices: [sol1, sol2],
      gold: label,
    })),
  ],
});
