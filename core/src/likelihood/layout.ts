import { commonPrefix, readTokens, type ScoredText } from './scored-text.js';

/** Tokens of one document of a sequence: the beginning that texts share, or what one of them goes on with. */
export interface Part {
  readonly ids: readonly number[];
  /** Where it begins within its text. */
  readonly from: number;
  /** Number of the part before it within its layout; its own where it begins its text. */
  readonly trunk: number;
}

/** A place where a token is predicted: the part and the offset in it of the token before, and the token. */
export interface Prediction {
  readonly part: number;
  readonly offset: number;
  readonly target: number;
}

/** Texts as parts of a sequence. */
export interface Layout {
  readonly parts: readonly Part[];
  /** Of each text, in its order. */
  readonly predictions: readonly (readonly Prediction[])[];
  /** Positions of all parts. */
  readonly tokens: number;
}

/** Lays texts out with the tokens that all of them begin with in one part, the trunk. */
export const layoutOf = (texts: readonly ScoredText[]): Layout => {
  const shared = texts.length > 1 ? commonPrefix(texts) : 0;
  const parts: Part[] = [];
  const add = (ids: readonly number[], from: number, trunk = parts.length): number =>
    parts.push({ ids, from, trunk }) - 1;
  if (shared > 0) add(texts[0]!.ids.slice(0, shared), 0);
  const predictions = texts.map(text => {
    const read = readTokens(text);
    const own = read > shared ? add(text.ids.slice(shared, read), shared, shared > 0 ? 0 : undefined) : 0;
    return text.ids.slice(-text.scored).map((target, i): Prediction => {
      const at = read - text.scored + i;
      return at < shared ? { part: 0, offset: at, target } : { part: own, offset: at - shared, target };
    });
  });
  return { parts, predictions, tokens: parts.reduce((sum, { ids }) => sum + ids.length, 0) };
};
