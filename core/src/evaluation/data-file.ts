import { isSchemeName } from '../config/input-from.js';
import { SecateurError } from '../errors.js';
import { DataImporter, type DataOptions, type DataSplit } from '../ports/data-importer.js';
import type { Session } from '../session.js';

/**
 * The file that data names: a path as it is, else what an importer fetches.
 * @param wanted the rows, where the name is that of a data set
 * @throws SecateurError E_TASK_DATA where no importer knows the name, and what the importer finds wrong
 */
export const dataFile = async (
  session: Pick<Session, 'every'>,
  data: string,
  wanted: DataSplit | undefined,
  options: DataOptions,
): Promise<string> => {
  if (!isSchemeName(data)) return data;
  for (const { implementation } of session.every(DataImporter))
    if (implementation.recognises(data)) return implementation.file(data, wanted, options);
  throw new SecateurError('E_TASK_DATA', `${data} is data that no plugin fetches, expected a file`, {
    hint: 'name a file; hf:owner/dataset needs the plugin importer-hub',
  });
};
