import { definePlugin, Task } from '@secateur/core';
import { arcChallenge, arcEasy } from './tasks/arc.js';
import { boolq } from './tasks/boolq.js';
import { hellaswag } from './tasks/hellaswag.js';
import { openbookqa } from './tasks/openbookqa.js';
import { piqa } from './tasks/piqa.js';
import { winogrande } from './tasks/winogrande.js';

export * from './multiple-choice.js';

/** In the order in which papers on pruning list them. */
const tasks: readonly (readonly [name: string, task: Task, description: string])[] = [
  ['boolq', boolq, 'yes or no, by a passage'],
  ['piqa', piqa, 'which of two ways leads to a goal'],
  ['hellaswag', hellaswag, 'how a scene goes on'],
  ['winogrande', winogrande, 'whom a sentence speaks of'],
  ['arc_easy', arcEasy, 'questions of school science'],
  ['arc_challenge', arcChallenge, 'harder questions of school science'],
  ['openbookqa', openbookqa, 'the facts of a small book, applied'],
];

export default definePlugin('evaluator-multiple-choice', api => {
  for (const [name, task, description] of tasks) api.provide(Task, name, task, description);
});
