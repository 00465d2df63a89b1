import { createToken } from '../token.js';
import type { ImportOptions } from './importer.js';

/** Rows of a data set that others keep. */
export interface DataSplit {
  /** `scheme:name`, as an importer knows it: `hf:owner/name`. */
  readonly dataset: string;
  /** Of the data set, where it has several. */
  readonly config?: string;
  readonly split: string;
}

/** Port: fetches data that a file of rows may be named by instead. All that are provided are asked, in order. */
export interface DataImporter {
  /** Whether the text names something that this importer knows: `scheme:name`. Never throws. */
  recognises(name: string): boolean;
  /**
   * @param wanted the rows, where `name` does not name a file itself
   * @returns the absolute path of a file of rows, which nobody changes
   */
  file(name: string, wanted: Omit<DataSplit, 'dataset'> | undefined, options: DataOptions): Promise<string>;
}
export const DataImporter = createToken<DataImporter>('data-importer', 'all');

export type DataOptions = Pick<ImportOptions, 'signal' | 'onProgress'>;
