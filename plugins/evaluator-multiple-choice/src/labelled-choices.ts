import { z } from '@secateur/core';

/** Choices as ARC and OpenBookQA have them: texts with labels, of which `answerKey` names one. */
export const labelledChoices = {
  choices: z.object({ text: z.array(z.string()), label: z.array(z.string()) }),
  answerKey: z.string(),
};

/** Choices with the index of the right one. */
export const plainChoices = { choices: z.array(z.string()), gold: z.number().int() };
