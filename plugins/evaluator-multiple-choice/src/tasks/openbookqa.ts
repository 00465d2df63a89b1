import { z } from '@secateur/core';
import { answerIndex } from '../answer-key.js';
import { labelledChoices, plainChoices } from '../labelled-choices.js';
import { form, multipleChoice } from '../multiple-choice.js';

const original = z.object({ question_stem: z.string(), ...labelledChoices });
const prepared = z.object({ question_stem: z.string(), ...plainChoices });

/** OpenBookQA (Mihaylov et al., arXiv 1809.02789): the facts of a small book, applied. */
export const openbookqa = multipleChoice({
  version: 1,
  licence: 'Apache-2.0',
  source: { dataset: 'hf:allenai/openbookqa', config: 'main', split: 'test' },
  metrics: ['acc', 'acc_norm'],
  forms: [
    form(original, ({ question_stem, choices: { text, label }, answerKey }) => ({
      context: question_stem,
      choices: text,
      gold: answerIndex(label, answerKey),
    })),
    form(prepared, ({ question_stem, choices, gold }) => ({ context: question_stem, choices, gold })),
  ],
});
