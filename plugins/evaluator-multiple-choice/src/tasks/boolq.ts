import { z } from '@secateur/core';
import { form, multipleChoice } from '../multiple-choice.js';

const row = z.object({ passage: z.string(), question: z.string(), label: z.number().int() });

/** BoolQ (Clark et al., arXiv 1905.10044): yes or no, by a passage. */
export const boolq = multipleChoice({
  version: 2,
  licence: 'CC-BY-SA-3.0',
  source: { dataset: 'hf:aps/super_glue', config: 'boolq', split: 'validation' },
  metrics: ['acc'],
  forms: [
    form(row, ({ passage, question, label }) => ({
      context: `${passage}\nQuestion: ${question}?\nAnswer:`,
      choices: ['no', 'yes'],
      gold: label,
    })),
  ],
});
