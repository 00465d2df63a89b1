import type { MeasuredTask } from '../evaluation/ask-all.js';
import type { Mean } from '../evaluation/grade.js';
import type { TaskMetric } from '../ports/task.js';

/** What a report says of one model and one task: everything but the single items. */
export type TaskScore =
  | {
      readonly kind: 'choice';
      readonly version: number;
      readonly items: number;
      readonly cut: number;
      readonly metrics: Readonly<Partial<Record<TaskMetric, Mean>>>;
    }
  | {
      readonly kind: 'document';
      readonly version: number;
      readonly documents: number;
      readonly tokens: number;
      readonly wordPerplexity: number;
      readonly bytePerplexity: number;
      readonly bitsPerByte: number;
    };

export const scoreOf = ({ name: _, file: __, hash: ___, ...task }: MeasuredTask): TaskScore =>
  task.kind === 'document' ? task : { ...task, items: task.items.length };
