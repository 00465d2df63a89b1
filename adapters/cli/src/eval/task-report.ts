import type { MeasuredTask } from '@secateur/core';
import { taskMeans } from './task-means.js';

/** What `eval --tasks --json` gives. */
export const taskReport = (
  model: string,
  tasks: readonly MeasuredTask[],
  { samples }: { readonly samples: boolean },
) => ({
  model,
  means: taskMeans(tasks),
  tasks: Object.fromEntries(
    tasks.map(({ name, file, hash, version, items, metrics, cut }) => [
      name,
      {
        version,
        items: items.length,
        metrics,
        cut,
        data: { file, hash },
        ...(samples ? { samples: items } : {}),
      },
    ]),
  ),
});
