import type { MeasuredTask } from '../evaluation/ask-all.js';
import type { DocumentResult } from '../evaluation/evaluate-documents.js';
import type { ChoiceResult } from '../evaluation/evaluate-task.js';

/** What a report says of one model and one task: everything but the single items, of which it has the number. */
export type TaskScore = { readonly version: number } & (
  | DocumentResult
  | (Omit<ChoiceResult, 'items'> & { readonly items: number })
);

export const scoreOf = ({ name: _, file: __, hash: ___, ...task }: MeasuredTask): TaskScore =>
  task.kind === 'document' ? task : { ...task, items: task.items.length };
