import path from 'node:path';
import test from 'ava';
import { repositoryFiles } from '../workspace/repository-files.js';
import { anchorsOf, documents, readParts } from './markdown.js';

const files = new Set(repositoryFiles());
/** Folders that hold a file, without a slash at the end. */
const folders = new Set(
  [...files].flatMap(file => {
    const parts = file.split('/').slice(0, -1);
    return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
  }),
);
const exists = (target: string): boolean => files.has(target) || folders.has(target.replace(/\/$/, ''));

const isAbsolute = (link: string): boolean => /^[a-z][a-z+.-]*:/i.test(link);

/** What is wrong with a link of a document; undefined when nothing is. */
const faultOf = (document: string, link: string): string | undefined => {
  const [where = '', anchor] = link.split('#');
  const target =
    where === '' ? document : path.posix.join(path.posix.dirname(document), decodeURIComponent(where));
  if (!exists(target)) return `${target} does not exist`;
  if (anchor === undefined) return undefined;
  if (!target.endsWith('.md')) return `${target} has no headings`;
  return anchorsOf(readParts(target)).has(anchor) ? undefined : `${target} has no heading "#${anchor}"`;
};

for (const document of documents)
  test(`links of ${document} lead to files and headings that exist`, t => {
    for (const { line, text } of readParts(document).links.filter(({ text }) => !isAbsolute(text)))
      t.is(faultOf(document, text), undefined, `${document}:${line}`);
    t.pass();
  });

test('paths of the repository that documents name exist', t => {
  const areas = /^(?:adapters|core|docs|examples|plugins|presets|test)\/[\w./-]+$/;
  for (const document of documents)
    for (const { line, text } of readParts(document).spans)
      if (areas.test(text)) t.true(exists(text), `${document}:${line} names ${text}`);
});

test('every page of docs/ and the examples are linked from README.md, comparisons from their results', t => {
  const linkedFrom = (document: string): readonly string[] =>
    readParts(document).links.map(({ text }) =>
      path.posix.join(path.posix.dirname(document), text.split('#')[0]!),
    );
  const [readme, results] = [linkedFrom('README.md'), linkedFrom('docs/results.md')];
  for (const page of documents)
    if (page.startsWith('docs/comparisons/'))
      t.true(results.includes(page), `docs/results.md does not link ${page}`);
    else if (page.startsWith('docs/') || page === 'examples/README.md')
      t.true(readme.includes(page), `README.md does not link ${page}`);
});

test('a wrong link is found', t => {
  t.is(faultOf('docs/hooks.md', 'none.md'), 'docs/none.md does not exist');
  t.is(faultOf('docs/hooks.md', '../../README.md'), '../README.md does not exist');
  t.is(faultOf('docs/hooks.md', '#none'), 'docs/hooks.md has no heading "#none"');
  t.is(faultOf('docs/hooks.md', '#all-hooks'), undefined);
  t.is(faultOf('docs/hooks.md', '../core/src/hooks.ts#x'), 'core/src/hooks.ts has no headings');
  t.is(faultOf('examples/README.md', 'custom-saliency/'), undefined);
});
