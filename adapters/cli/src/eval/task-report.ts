import { type MeasuredTask, scoreOf } from '@secateur/core';
import { isChoice, taskMeans } from './task-means.js';

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

const entryOf = (task: MeasuredTask, samples: boolean) => ({
  ...scoreOf(task),
  data: { file: task.file, hash: task.hash },
  ...(samples && task.kind === 'choice' ? { samples: task.items } : {}),
});
