/**
 * A small instruction set made by rule from the passages of the sources, for the second stage of the recovery.
 * Six tasks, in turn; nothing in them is written by hand but the wording of the task, and every answer follows
 * from the passage or from what is known of its work.
 */
import { paragraphsOf, splitSource } from './split.mjs';

/** @typedef {import('./corpus.mjs').Source} Source */
/** @typedef {import('./corpus.mjs').Work} Work */
/** @typedef {import('./split.mjs').Part} Part */

/** @typedef {{ instruction: string, input: string, output: string }} Instruction */

/** @typedef {{ sentence: string, words: string[], work: Work, source: Source['name'] }} Passage */

/** Draws a number in [0, 1). @typedef {() => number} Draw */

/** @param {readonly string[]} words @param {number} from @param {number} [to] @returns {string} */
const run = (words, from, to) => words.slice(from, to).join(' ');

/** @param {string} word @returns {string} without the marks around it */
const bare = word => word.replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');

/**
 * The tasks. A task may decline a passage (undefined).
 * @type {readonly ((passage: Passage, draw: Draw) => Instruction | undefined)[]}
 */
const TASKS = [
  ({ words }) => {
    const half = Math.floor(words.length / 2);
    return { instruction: 'Continue the sentence.', input: run(words, 0, half), output: run(words, half) };
  },
  ({ sentence, source }) => ({
    instruction: 'Is this from a novel or from a speech?',
    input: sentence,
    output: source === 'moby-dick' ? 'It is from a novel.' : 'It is from a speech.',
  }),
  ({ words }, draw) => {
    const places = words.flatMap((word, i) => (i > 2 && /^[a-z]{5,}$/.test(word) ? [i] : []));
    const place = places[Math.floor(draw() * places.length)];
    if (place === undefined) return undefined;
    const input = words.map((word, i) => (i === place ? '...' : word)).join(' ');
    return { instruction: 'Which word is missing?', input, output: /** @type {string} */ (words[place]) };
  },
  ({ sentence, work, source }) => ({
    instruction: 'Who said or wrote this?',
    input: sentence,
    output: source === 'moby-dick' ? `${work.author}, in Moby Dick.` : `President ${work.author}.`,
  }),
  ({ sentence, words }) => ({
    instruction: 'Write the last word of the sentence.',
    input: sentence,
    output: bare(/** @type {string} */ (words.at(-1))),
  }),
  ({ sentence, work }) => ({
    instruction: 'In which century was this written?',
    input: sentence,
    output: `In the ${Math.ceil(work.year / 100)}th century.`.replace('21th', '21st'),
  }),
];

/** Words of a sentence that is neither too short to tell anything nor too long to learn. */
const SENTENCE_WORDS = { least: 10, most: 32 };

/**
 * The whole sentences of one part of a source, with the work each belongs to.
 * @param {Source} source @param {Part} part @returns {Passage[]}
 */
const passagesOf = (source, part) => {
  const workOf = new Map(
    source.works.flatMap(work => work.paragraphs.map(p => /** @type {const} */ ([p, work]))),
  );
  return paragraphsOf(splitSource(source.text)[part]).flatMap(paragraph => {
    const work = workOf.get(paragraph);
    if (work === undefined || paragraph.includes('\n')) return [];
    return paragraph
      .split(/(?<=[a-z]{3}[.!?]) (?=[A-Z])/)
      .map(sentence => ({ sentence, words: sentence.split(' '), work, source: source.name }))
      .filter(
        ({ sentence, words }) =>
          /^[A-Z][^"()[\]]*[a-z]{3}[.!?]$/.test(sentence) &&
          words.length >= SENTENCE_WORDS.least &&
          words.length <= SENTENCE_WORDS.most,
      );
  });
};

/** mulberry32, a generator of 32 bits of state. @param {number} seed @returns {Draw} */
const generator = seed => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** @template T @param {readonly T[]} items @param {Draw} draw @returns {T[]} Fisher-Yates on a copy */
const shuffled = (items, draw) => {
  const deck = [...items];
  for (let i = deck.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1));
    [deck[i], deck[j]] = [/** @type {T} */ (deck[j]), /** @type {T} */ (deck[i])];
  }
  return deck;
};

/**
 * `count` instructions from one part of the sources, the sources in turn, no passage twice. The first n of a longer
 * set are the set of n.
 * @param {readonly Source[]} sources
 * @param {{ part: Part, count: number, seed?: number }} options `seed` is 20231018 by default.
 * @returns {Instruction[]} fewer than `count` when the passages run out
 */
export const makeInstructions = (sources, { part, count, seed = 20231018 }) => {
  const draw = generator(seed);
  const decks = sources.map(source => shuffled(passagesOf(source, part), draw));
  /** @type {Instruction[]} */
  const made = [];
  for (let turn = 0; made.length < count; turn++) {
    // Every task meets every source: the task changes after each round of the sources.
    const task = TASKS[Math.floor(turn / decks.length) % TASKS.length];
    const passage = decks[turn % decks.length]?.pop();
    if (task === undefined || passage === undefined) return made;
    const record = task(passage, draw);
    if (record !== undefined) made.push(record);
  }
  return made;
};
