import type { Task } from '../ports/task.js';

/** Where a task's data comes from, in words: `hf:owner/name, config, split`. */
export const sourceText = ({ source }: Pick<Task, 'source'>): string =>
  typeof source === 'string'
    ? source
    : [source.dataset, source.config, source.split].filter(part => part !== undefined).join(', ');
