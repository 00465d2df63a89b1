/**
 * Learns a byte-level byte-pair encoding (Sennrich et al. 2016, on bytes as in GPT-2): starting from the 256 bytes,
 * the most frequent neighbouring pair within a piece of text becomes a new token, again and again.
 */

/** GPT-2's split: contractions, then words, numbers and marks, each with the space before it, then white space. */
const PIECE = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/**
 * GPT-2's alphabet: a visible character for every byte. Printable Latin-1 stands for itself, the other bytes take
 * the characters from U+0100 on, in order (the space is Ġ).
 * @type {readonly string[]}
 */
const BYTE_CHARACTERS = (() => {
  let next = 0x100;
  /** @param {number} byte */
  const printable = byte =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

/** A pair of ids as one number; ordered as the pair is. @param {number} left @param {number} right */
const pairKey = (left, right) => left * 0x10000 + right;

/** @typedef {{ ids: number[], count: number }} Word */

/** @typedef {{ text: string, weight: number }} WeightedText The pieces of `text` count `weight` times. */

/** @param {readonly WeightedText[]} texts @returns {Map<string, number>} how often each piece occurs */
const countPieces = texts => {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { text, weight } of texts) {
    for (const [piece] of text.matchAll(PIECE)) counts.set(piece, (counts.get(piece) ?? 0) + weight);
  }
  return counts;
};

/** The counts of all pairs of all words, kept up to date merge by merge. */
class PairCounts {
  /** @type {Map<number, number>} */
  #counts = new Map();
  /** Words that have, or once had, the pair. @type {Map<number, Set<Word>>} */
  #words = new Map();

  /** @param {Iterable<Word>} words */
  constructor(words) {
    for (const word of words) this.#add(word, 1);
  }

  /** @param {Word} word @param {1 | -1} sign */
  #add(word, sign) {
    for (let i = 1; i < word.ids.length; i++) {
      const key = pairKey(/** @type {number} */ (word.ids[i - 1]), /** @type {number} */ (word.ids[i]));
      const count = (this.#counts.get(key) ?? 0) + sign * word.count;
      if (count === 0) this.#counts.delete(key);
      else this.#counts.set(key, count);
      if (sign < 0) continue;
      const words = this.#words.get(key);
      if (words === undefined) this.#words.set(key, new Set([word]));
      else words.add(word);
    }
  }

  /** The most frequent pair; of equal ones that of the smaller ids. @returns {[number, number] | undefined} */
  best() {
    let best = -1;
    let most = 0;
    for (const [key, count] of this.#counts) {
      if (count > most || (count === most && key < best)) {
        best = key;
        most = count;
      }
    }
    return most === 0 ? undefined : [Math.floor(best / 0x10000), best % 0x10000];
  }

  /** Puts `id` for the pair everywhere. @param {number} left @param {number} right @param {number} id */
  merge(left, right, id) {
    const key = pairKey(left, right);
    const words = this.#words.get(key) ?? [];
    this.#words.delete(key);
    for (const word of words) {
      this.#add(word, -1);
      /** @type {number[]} */
      const ids = [];
      for (let i = 0; i < word.ids.length; i++) {
        const found = word.ids[i] === left && word.ids[i + 1] === right;
        ids.push(found ? id : /** @type {number} */ (word.ids[i]));
        if (found) i++;
      }
      word.ids = ids;
      this.#add(word, 1);
    }
  }
}

/**
 * @param {readonly WeightedText[]} texts
 * @param {{ size: number, specials: readonly string[] }} options Number of ids; the specials take the first, the
 *   bytes the next 256 (in the order of their characters), the merges the rest.
 * @returns {{ vocabulary: string[], merges: [string, string][] }} Token by id, and the merges in order, in GPT-2's
 *   characters.
 */
export const learnBytePairs = (texts, { size, specials }) => {
  const vocabulary = [...specials, ...BYTE_CHARACTERS.toSorted((a, b) => (a < b ? -1 : 1))];
  const idOf = new Map(vocabulary.map((token, id) => [token, id]));
  const byteIds = BYTE_CHARACTERS.map(character => /** @type {number} */ (idOf.get(character)));
  const encoder = new TextEncoder();
  const words = Array.from(countPieces(texts), ([piece, count]) => ({
    ids: Array.from(encoder.encode(piece), byte => /** @type {number} */ (byteIds[byte])),
    count,
  }));
  const pairs = new PairCounts(words);
  /** @type {[string, string][]} */
  const merges = [];
  while (vocabulary.length < size) {
    const pair = pairs.best();
    if (pair === undefined) throw new Error(`the text gives ${vocabulary.length} tokens, not ${size}`);
    const [left, right] = /** @type {[string, string]} */ (pair.map(id => vocabulary[id]));
    // Two merges may spell the same token; it keeps its first id.
    const id = idOf.get(left + right) ?? vocabulary.push(left + right) - 1;
    idOf.set(left + right, id);
    pairs.merge(pair[0], pair[1], id);
    merges.push([left, right]);
  }
  return { vocabulary, merges };
};
