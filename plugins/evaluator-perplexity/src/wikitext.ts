import { type DocumentTask, describeIssue, z } from '@secateur/core';

const row = z.object({ page: z.string().min(1) });

/** Rewrites of the tokenised text, in this order, as lm-evaluation-harness has them (`wikitext_detokenizer`). */
const rewrites: readonly (readonly [found: RegExp, instead: string])[] = [
  [/s '/g, "s'"],
  [/\/' [0-9]\//g, "/'[0-9]/"],
  [/ @-@ /g, '-'],
  [/ @,@ /g, ','],
  [/ @\.@ /g, '.'],
  [/ : /g, ': '],
  [/ ; /g, '; '],
  [/ \. /g, '. '],
  [/ ! /g, '! '],
  [/ \? /g, '? '],
  [/ , /g, ', '],
  [/\(\s*([^)]*?)\s*\)/g, '($1)'],
  [/\[\s*([^\]]*?)\s*\]/g, '[$1]'],
  [/\{\s*([^}]*?)\s*\}/g, '{$1}'],
  [/"\s*([^"]*?)\s*"/g, '"$1"'],
  [/'\s*([^']*?)\s*'/g, "'$1'"],
  [/= = = =/g, '===='],
  [/= = =/g, '==='],
  [/= =/g, '=='],
  [/ ° /g, '°'],
  [/ \n/g, '\n'],
  [/\n /g, '\n'],
  [/ N /g, ' 1 '],
  [/ 's/g, "'s"],
];

/** The text that people would write. */
export const detokenised = (page: string): string =>
  rewrites.reduce((text, [found, instead]) => text.replaceAll(found, instead), page);

/**
 * WikiText-2 by document (Merity et al., arXiv 1609.07843), as lm-evaluation-harness has it: the detokenised page is
 * predicted; words and bytes are counted in the page as it is.
 */
export const wikitext: DocumentTask = {
  kind: 'document',
  version: 2,
  licence: 'CC-BY-SA-3.0',
  source: { dataset: 'hf:EleutherAI/wikitext_document_level', config: 'wikitext-2-raw-v1', split: 'test' },
  document(value) {
    const { data, error } = row.safeParse(value);
    if (!data)
      throw new Error(`is no row of the task: ${describeIssue(row, value, error, { root: 'row' }).sentence}`);
    const { page } = data;
    return {
      text: detokenised(page),
      words: page.split(/\s+/).length,
      bytes: Buffer.byteLength(page),
    };
  },
};
