/** Parts of a text by position: to learn from, to steer by, and to report on. */

/** @typedef {'train' | 'validation' | 'heldOut'} Part */

/** Stretches into which a text is cut, so that every part and every excerpt spans the whole of it. */
const STRETCHES = 20;

/** The paragraphs of a text that has a blank line between two. @param {string} text @returns {string[]} */
export const paragraphsOf = text => (text === '' ? [] : text.trimEnd().split('\n\n'));

/** The inverse of `paragraphsOf`. @param {readonly string[]} paragraphs @returns {string} */
export const joinParagraphs = paragraphs => (paragraphs.length === 0 ? '' : `${paragraphs.join('\n\n')}\n`);

/**
 * Splits by position. The text is cut into 20 stretches of equal length; of each the last 5 % is validation, the
 * 5 % before it held out, the rest train. (The tail of the whole text would be one president, or one whale hunt.)
 * Whole paragraphs only, each in one part; the order stays.
 * @param {string} text Paragraphs with a blank line between two.
 * @param {{ validation?: number, heldOut?: number }} [shares] Of the length, 0.05 each by default.
 * @returns {Record<Part, string>}
 */
export const splitSource = (text, { validation = 0.05, heldOut = 0.05 } = {}) => {
  /** @type {Record<Part, string[]>} */
  const parts = { train: [], validation: [], heldOut: [] };
  /** @type {(place: number) => Part} */
  const partAt = place => {
    if (place >= 1 - validation) return 'validation';
    return place >= 1 - validation - heldOut ? 'heldOut' : 'train';
  };
  let position = 0;
  for (const paragraph of paragraphsOf(text)) {
    const middle = (position + paragraph.length / 2) / text.length;
    parts[partAt((middle * STRETCHES) % 1)].push(paragraph);
    position += paragraph.length + 2;
  }
  return {
    train: joinParagraphs(parts.train),
    validation: joinParagraphs(parts.validation),
    heldOut: joinParagraphs(parts.heldOut),
  };
};

/**
 * A shorter text from all over a longer one: the head of each of 20 equal runs of paragraphs.
 * @param {string} text
 * @param {number} length Wanted, in characters; at most one paragraph a run more.
 * @returns {string} the text itself where it is not longer
 */
export const excerpt = (text, length) => {
  if (text.length <= length) return text;
  const paragraphs = paragraphsOf(text);
  const taken = [];
  for (let run = 0; run < STRETCHES; run++) {
    const start = Math.floor((run * paragraphs.length) / STRETCHES);
    const end = Math.floor(((run + 1) * paragraphs.length) / STRETCHES);
    let used = 0;
    for (const paragraph of paragraphs.slice(start, end)) {
      if (used >= length / STRETCHES) break;
      taken.push(paragraph);
      used += paragraph.length + 2;
    }
  }
  return joinParagraphs(taken);
};
