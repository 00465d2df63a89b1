import type { ScoredText } from '../likelihood/scored-text.js';

/**
 * A text as windows in which every token is predicted once, as lm-evaluation-harness 0.4 has it
 * (`get_rolling_token_windows`, `make_disjoint_window`): the first window has `start` and as many tokens as the model
 * reads; each later one predicts as many new tokens, and the last what is left, behind all that still fits before.
 * @param limit tokens that the model reads
 */
export const rollingWindows = (ids: readonly number[], start: number, limit: number): ScoredText[] => {
  const first = Math.min(limit, ids.length);
  const windows: ScoredText[] = first > 0 ? [{ ids: [start, ...ids.slice(0, first)], scored: first }] : [];
  for (let predicted = first; predicted < ids.length; ) {
    const scored = Math.min(ids.length - predicted, limit);
    predicted += scored;
    windows.push({ ids: ids.slice(predicted - limit - 1, predicted), scored });
  }
  return windows;
};
