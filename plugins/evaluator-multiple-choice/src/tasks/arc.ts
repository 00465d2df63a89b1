import { type Task, z } from '@secateur/core';
import { answerIndex } from '../answer-key.js';
import { labelledChoices, plainChoices } from '../labelled-choices.js';
import { form, multipleChoice } from '../multiple-choice.js';

const original = z.object({ question: z.string(), ...labelledChoices });
const prepared = z.object({ question: z.string(), ...plainChoices });
const context = (question: string): string => `Question: ${question}\nAnswer:`;

const arc = (set: string): Task =>
  multipleChoice({
    version: 1,
    licence: 'CC-BY-SA-4.0',
    source: { dataset: 'hf:allenai/ai2_arc', config: set, split: 'test' },
    metrics: ['acc', 'acc_norm'],
    forms: [
      form(original, ({ question, choices: { text, label }, answerKey }) => ({
        context: context(question),
        choices: text,
        gold: answerIndex(label, answerKey),
      })),
      form(prepared, ({ question, choices, gold }) => ({ context: context(question), choices, gold })),
    ],
  });

/** ARC (Clark et al., arXiv 1803.05457): questions of school science that simple methods answer. */
export const arcEasy = arc('ARC-Easy');
/** Those that they do not. */
export const arcChallenge = arc('ARC-Challenge');
