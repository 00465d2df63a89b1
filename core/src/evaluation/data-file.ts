import { isSchemeName } from '../config/input-from.js';
import { SecateurError } from '../errors.js';
import { DataImporter, type DataOptions } from '../ports/data-importer.js';
import type { Task } from '../ports/task.js';
import type { Session } from '../session.js';

/**
 * The file of rows that a task's data names: a path as it is, else what an importer fetches.
 * @throws SecateurError E_TASK_DATA where no importer knows the name, and what the importer finds wrong
 */
export const dataFile = async (
  session: Pick<Session, 'every'>,
  data: string,
  { source }: Pick<Task, 'source'>,
  options: DataOptions,
): Promise<string> => {
  if (!isSchemeName(data)) return data;
  const wanted = typeof source === 'string' ? undefined : source;
  for (const { implementation } of session.every(DataImporter))
    if (implementation.recognises(data)) return implementation.file(data, wanted, options);
  throw new SecateurError('E_TASK_DATA', `${data} is data that no plugin fetches, expected a file of rows`, {
    hint: 'name a file; hf:owner/dataset needs the plugin importer-hub',
  });
};
