/** A text whose last tokens are scored: a context and its continuation. */
export interface ScoredText {
  readonly ids: readonly number[];
  /** How many of the last tokens are predicted: at least one, and fewer than there are. */
  readonly scored: number;
}

/** Tokens that a model reads: all but the last, which is only predicted. */
export const readTokens = ({ ids }: ScoredText): number => ids.length - 1;

/** How many tokens that are read all texts begin with. */
export const commonPrefix = (texts: readonly ScoredText[]): number => {
  const [first] = texts;
  if (!first) return 0;
  const most = Math.min(...texts.map(readTokens));
  let length = 0;
  while (length < most && texts.every(({ ids }) => ids[length] === first.ids[length])) length++;
  return length;
};
