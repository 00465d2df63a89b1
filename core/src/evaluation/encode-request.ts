import type { ScoredText } from '../likelihood/scored-text.js';
import type { ContinuationRequest } from '../ports/task.js';
import type { Tokenizer } from '../ports/tokenizer.js';

/**
 * A request as tokens, as lm-evaluation-harness 0.4 has it (`TemplateLM._encode_pair`): spaces at the end of the context
 * go to the continuation; the whole text is encoded, and what is behind as many tokens as the context alone has is the
 * continuation's. An empty context is BOS, or EOS where there is none.
 * @returns undefined where nothing is left to predict
 */
export const encodeRequest = (
  { context, continuation }: ContinuationRequest,
  tokenizer: Tokenizer,
): ScoredText | undefined => {
  if (context === '') return behindStart(tokenizer.encode(continuation), tokenizer);
  const trimmed = context.trimEnd();
  const { opening } = tokenizer;
  const ids = [...opening, ...tokenizer.encode(context + continuation)];
  const scored = ids.length - opening.length - tokenizer.encode(trimmed).length;
  return scored > 0 && scored < ids.length ? { ids, scored } : undefined;
};

const behindStart = (ids: readonly number[], { start: first }: Tokenizer): ScoredText | undefined => {
  if (first === undefined || ids[0] === first)
    return ids.length > 1 ? { ids, scored: ids.length - 1 } : undefined;
  return ids.length > 0 ? { ids: [first, ...ids], scored: ids.length } : undefined;
};

/**
 * What a model that reads `limit` tokens can be given of a text: its end, as the harness cuts it.
 * @returns undefined where the scored tokens alone are more than that
 */
export const cutToFit = ({ ids, scored }: ScoredText, limit: number): ScoredText | undefined =>
  scored > limit ? undefined : { ids: ids.slice(-(limit + 1)), scored };
