/** Log-likelihoods that were computed before, by the hash of the tokens of their item. */
export interface Answers {
  get(hash: string): readonly number[] | undefined;
  /** Keeps them for the next time, whatever happens to this evaluation. */
  keep(hash: string, logLikelihoods: readonly number[]): void;
}

/** Answers that are forgotten with the process. */
export const noAnswers: Answers = { get: () => undefined, keep: () => {} };
