/**
 * Every error a person can cause, by code. A message is one sentence: what was found, what was expected.
 * The hint is the next step, a command where there is one.
 */
export const errorCodes = {
  E_CONFIG_NOT_FOUND: 'The configuration file does not exist.',
  E_CONFIG_LOAD: 'The configuration file cannot be loaded.',
  E_CONFIG_INVALID: 'The configuration has an unknown key or a wrong value.',
  E_UNKNOWN_PLUGIN: 'No plugin of that name is registered at that port.',
  E_DUPLICATE_PLUGIN: 'Two plugins provide the same name at the same port.',
  E_PLUGIN_FAILED: 'A plugin threw an error.',
  E_PLUGIN_OPTIONS: 'The options of a plugin are wrong.',
  E_RATIO: 'A ratio is outside (0, 1).',
  E_BUDGET: 'So much cannot be removed from what may be pruned.',
  E_MODEL_NOT_FOUND: 'The model folder or a file in it does not exist.',
  E_MODEL_CONFIG: 'config.json is missing, unreadable or inconsistent.',
  E_MODEL_ARCHITECTURE: 'The architecture is not known.',
  E_MODEL_PICKLE: 'The checkpoint is a pickle, which could run code.',
  E_SAFETENSORS: 'A safetensors file is damaged.',
  E_TENSOR_MISSING: 'The checkpoint lacks a tensor that the config asks for.',
  E_TENSOR_SHAPE: 'A tensor has another shape than the config says.',
  E_TENSOR_DTYPE: 'A tensor has an element type that cannot be read.',
  E_ADAPTER: 'The adapter is unreadable or made for another model.',
  E_TOKENIZER: 'The tokenizer is missing, unreadable or does not fit the model.',
  E_TEXT_NOT_FOUND: 'A text file does not exist.',
  E_TEXT_FORMAT: 'A text file has a record that cannot be used.',
  E_TEXT_EMPTY: 'A text source holds nothing to read.',
  E_TEXT_SHORT: 'A text source is shorter than one chunk.',
  E_TASK_DATA: "A row of a task's data cannot be used.",
  E_SIGNAL_NOT_DECLARED: 'A scorer asked for a signal it did not declare.',
  E_SALIENCY: 'A scorer gave scores that cannot be used.',
  E_LLAMA2C: 'A llama2.c file is damaged or of an unknown version.',
  E_GGUF: 'A GGUF file is damaged, or holds something that cannot be read.',
  E_ONNX: 'An ONNX model is damaged, or holds something that cannot be read.',
  E_HUB: 'A model cannot be fetched from the hub.',
  E_EXPORT: 'The model cannot be said in that format or shape.',
  E_VERIFY: 'A runtime does not open what was written, or gives other numbers.',
  E_ENGINE: 'The engine cannot run the graph.',
  E_DEVICE: 'The device is not there, or computes wrongly.',
  E_OUTPUT_EXISTS: 'The output folder is not empty.',
  E_RESUME: 'The run cannot be resumed.',
  E_NUMERICS: 'A number that must be finite or equal is not.',
  E_FILE: 'The system refuses to read or write a file.',
  E_USAGE: 'The command line is wrong.',
  E_INTERRUPTED: 'The run was interrupted.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetails {
  /** The next step, as a sentence or a command. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error that a person caused and can mend. The command line prints it without a stack and exits with 2. */
export class SecateurError extends Error {
  override readonly name = 'SecateurError';
  readonly hint: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { hint, cause }: ErrorDetails = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.hint = hint;
  }
}

/**
 * Whether an error is ours. By name, not by class: a configuration may bring a second copy of this package.
 */
export const isSecateurError = (error: unknown): error is SecateurError =>
  error instanceof Error && error.name === 'SecateurError' && 'code' in error;

/** The nearest of the known names, when it is near enough to be a slip of the finger. */
export const didYouMean = (name: string, known: readonly string[]): string | undefined => {
  const ranked = known.map(candidate => ({
    candidate,
    distance: editDistance(name.toLowerCase(), candidate.toLowerCase()),
  }));
  ranked.sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(name.length / 3)) ? best.candidate : undefined;
};

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
const editDistance = (a: string, b: string): number => {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : replaced;
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, replaced, swapped);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
};
