import { z } from '@secateur/core';
import { answerIndex } from '../answer-key.js';
import { form, multipleChoice } from '../multiple-choice.js';

const row = z.object({
  sentence: z.string().regex(/_/, 'with the place of the options, _'),
  option1: z.string(),
  option2: z.string(),
  answer: z.string(),
});

/** WinoGrande (Sakaguchi et al., arXiv 1907.10641): the rest of the sentence, behind each option in its place. */
export const winogrande = multipleChoice({
  version: 1,
  licence: 'CC-BY-4.0',
  source: { dataset: 'hf:allenai/winogrande', config: 'winogrande_xl', split: 'validation' },
  metrics: ['acc'],
  forms: [
    form(row, ({ sentence, option1, option2, answer }) => {
      const gap = sentence.indexOf('_');
      return {
        context: [option1, option2].map(option => sentence.slice(0, gap) + option),
        choices: sentence.slice(gap + 1).trim(),
        gold: answerIndex(['1', '2'], answer),
      };
    }),
  ],
});
