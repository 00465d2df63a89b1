import { createToken } from '../token.js';

export interface ImportOptions {
  /** Folder under which results are kept, so that the second time costs nothing. Absolute. */
  readonly cache: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, unit: string) => void;
}

/** Port: makes a model folder of something else that `model` may name. All that are provided are asked, in order. */
export interface Importer {
  /** Whether the text names something that this importer knows: an absolute path, or `scheme:name`. Never throws. */
  recognises(model: string): Promise<boolean>;
  /** @returns the absolute path of a Hugging Face model folder, which nobody changes */
  folder(model: string, options: ImportOptions): Promise<string>;
}
export const Importer = createToken<Importer>('importer', 'all');
