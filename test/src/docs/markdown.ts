import { readText, repositoryFiles } from '../workspace/repository-files.js';

/** Something that stands in a Markdown file, with its line, from 1. */
export interface Found {
  readonly line: number;
  readonly text: string;
}

/** A fenced block of code. */
export interface Block {
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** First word behind the fence: `ts`, `sh`; may be empty. */
  readonly language: string;
  /** What stands behind the language. */
  readonly info: string;
  readonly code: string;
}

/** A Markdown file taken apart, as far as tests look at it. */
export interface MarkdownParts {
  readonly blocks: readonly Block[];
  /** Code within lines, without its backticks; a line break within counts as a space. */
  readonly spans: readonly Found[];
  /** Targets of links and images outside of code. */
  readonly links: readonly Found[];
  /** Text of headings, without backticks. */
  readonly headings: readonly Found[];
}

/** Every Markdown file of the repository. */
export const documents: readonly string[] = repositoryFiles().filter(file => file.endsWith('.md'));

/** Throws a plain Error for a block that is not closed; the message begins with the name of the document. */
export const takeApart = (document: string, markdown: string): MarkdownParts => {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const opening = /^(\s*)(```+|~~~+)\s*(\S*)\s*(.*?)\s*$/.exec(lines[at]!);
    if (!opening) continue;
    const [, indent = '', fence = '', language = '', info = ''] = opening;
    const end = lines.findIndex((line, i) => i > at && line.trim() === fence);
    if (end === -1) throw new Error(`${document}:${at + 1} opens a block that is not closed`);
    const code = lines.slice(at + 1, end).map(line => line.slice(indent.length));
    blocks.push({ line: at + 1, language, info, code: code.join('\n') });
    lines.fill('', at, end + 1); // prose stays on its lines
    at = end;
  }
  const text = lines.join('\n');
  const lineOf = (position: number): number => text.slice(0, position).split('\n').length;
  const spans: Found[] = [];
  const prose = text.replace(
    /(`+)(?!`)((?:(?!\n\s*\n)[^`])+)\1(?!`)/g,
    (whole, _ticks, code: string, at: number) => {
      spans.push({ line: lineOf(at), text: code.replace(/\s*\n\s*/g, ' ').trim() });
      return whole.replace(/[^\n]/g, '_');
    },
  );
  const links = [...prose.matchAll(/\]\(\s*<?([^()\s<>]+)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]]+\]:\s+(\S+)/gm)].map(
    ({ 1: inline, 2: reference, index }) => ({ line: lineOf(index), text: inline ?? reference! }),
  );
  const headings = lines.flatMap((line, i) => {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    return heading === undefined ? [] : [{ line: i + 1, text: heading.replaceAll('`', '') }];
  });
  return { blocks, spans, links, headings };
};

export const readParts = (document: string): MarkdownParts => takeApart(document, readText(document));

/** Anchors that GitHub gives to the headings of a document. */
export const anchorsOf = ({ headings }: MarkdownParts): ReadonlySet<string> => {
  const anchors = new Set<string>();
  for (const { text } of headings) {
    const plain = text
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/(?<![\p{L}\p{N}])[_*]+|[_*]+(?![\p{L}\p{N}])/gu, '');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
};

const table = /^\|.*\n(?:\|.*(?:\n|$))*/m;

/** The first table of a document, or of what stands behind a heading. */
export const firstTable = (markdown: string, heading?: string): string => {
  const from = heading === undefined ? 0 : markdown.indexOf(`\n${heading}\n`);
  const found = from === -1 ? undefined : table.exec(markdown.slice(from))?.[0];
  if (found === undefined)
    throw new Error(`there is no table${heading === undefined ? '' : ` behind "${heading}"`}`);
  return found.trimEnd();
};

/** The document with another first table. */
export const withFirstTable = (markdown: string, made: string): string =>
  markdown.replace(table, () => `${made}\n`);

/** Cells of a table by row, without the head. `\|` is no border. */
export const rowsOf = (markdownTable: string): readonly (readonly string[])[] =>
  markdownTable
    .split('\n')
    .slice(2)
    .map(row =>
      row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map(cell => cell.trim()),
    );
