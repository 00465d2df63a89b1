import { type LikelihoodOptions, logLikelihoods } from '../likelihood/log-likelihoods.js';
import type { ScoredText } from '../likelihood/scored-text.js';
import type { LiveModel } from '../model/live-model.js';
import type { Passes, PassOptions } from '../passes/passes.js';
import { type Answers, noAnswers } from './answers.js';

/** Texts that are asked for together. */
export interface Asked {
  /** sha256 (hex) of the tokens that are scored: the same answer of one model. */
  readonly answer: string;
  /** File and line. */
  readonly place: string;
  readonly texts: readonly ScoredText[];
}

export interface AskOptions extends PassOptions {
  /** What is known already. Default nothing. */
  readonly answers?: Answers;
  readonly sequence?: LikelihoodOptions['sequence'];
}

/**
 * Log-likelihoods of the texts of each item: of those that are not known, each different one is computed once.
 * @throws SecateurError E_NUMERICS, E_ENGINE
 */
export const ask = async (
  passes: Passes,
  model: LiveModel,
  items: readonly Asked[],
  { answers = noAnswers, ...options }: AskOptions = {},
): Promise<readonly (readonly number[])[]> => {
  const found = new Map<string, readonly number[]>();
  const open = new Map<string, Asked>();
  for (const item of items) {
    const known = answers.get(item.answer);
    if (known?.length === item.texts.length) found.set(item.answer, known);
    else open.set(item.answer, item);
  }
  const asked = [...open.values()];
  await logLikelihoods(
    passes,
    model,
    asked.map(({ texts }) => texts),
    {
      ...options,
      onItem(index, values) {
        const { answer } = asked[index]!;
        found.set(answer, [...values]);
        answers.keep(answer, values);
      },
    },
  );
  return items.map(({ answer }) => found.get(answer)!);
};
