/** What the child is asked to do with one GGUF file. Paths are absolute. */
export type Work =
  | { readonly kind: 'version' }
  | { readonly kind: 'next'; readonly file: string; readonly prompts: readonly (readonly number[])[] }
  | {
      readonly kind: 'greedy';
      readonly file: string;
      readonly ids: readonly number[];
      readonly count: number;
    }
  | { readonly kind: 'encode'; readonly file: string; readonly texts: readonly string[] };

/** What each kind of work gives. */
export interface Done {
  readonly version: string;
  readonly next: readonly Float32Array[];
  readonly greedy: readonly number[];
  readonly encode: readonly (readonly number[])[];
}

/** What the child says: once, before it ends. */
export type Answer<K extends Work['kind'] = Work['kind']> =
  | { readonly done: Done[K] }
  /** llama.cpp cannot be used here: a sentence. */
  | { readonly missing: string }
  /** llama.cpp does not do it with this file: its own words. */
  | { readonly refused: string };
