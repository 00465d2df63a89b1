import type { MeasuredTask } from '@secateur/core';
import { taskMeans } from './task-means.js';
import { isChoice } from './task-table.js';

/** What `eval --tasks --json` gives. */
export const taskReport = (
  model: string,
  tasks: readonly MeasuredTask[],
  { samples }: { readonly samples: boolean },
) => {
  const choices = tasks.filter(isChoice);
  return {
    model,
    ...(choices.length === 0 ? {} : { means: taskMeans(choices) }),
    tasks: Object.fromEntries(tasks.map(task => [task.name, entryOf(task, samples)])),
  };
};

const entryOf = ({ name: _, file, hash, ...task }: MeasuredTask, samples: boolean) => {
  const data = { file, hash };
  if (task.kind === 'document') return { ...task, data };
  const { items, ...rest } = task;
  return { ...rest, items: items.length, data, ...(samples ? { samples: items } : {}) };
};
