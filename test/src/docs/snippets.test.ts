import test from 'ava';
import { readText, repositoryFiles } from '../workspace/repository-files.js';
import { documents } from './markdown.js';
import { checkSnippets, type Snippet, snippetsOf } from './snippets.js';

const snippets = documents.flatMap(document => snippetsOf(document, readText(document)));
/** TypeScript that no room compiles: configurations, and what they import. */
const files = repositoryFiles().filter(file => /^examples\/.*\.ts$/.test(file) || file === 'prune.config.ts');
const wrong: Snippet[] = [
  { document: 'wrong.md', line: 10, info: '', code: "const a = 1;\nconst b: number = 'two';" },
  { document: 'wrong.md', line: 20, info: 'fragment', code: "use: { saliency: 'wanda' },\nprunes: {}," },
  { document: 'wrong.md', line: 30, info: 'mine.ts', code: 'export const mine = 1;' },
  { document: 'wrong.md', line: 40, info: '', code: "import { yours } from './mine.ts';" },
];

test('all TypeScript in documents and examples compiles, and what is wrong would be found', t => {
  for (const document of ['README.md', 'docs/quickstart.md', 'docs/hooks.md', 'docs/write-a-saliency.md'])
    t.true(
      snippets.some(snippet => snippet.document === document),
      `${document} has TypeScript`,
    );
  t.true(files.length > 3);
  const errors = checkSnippets([...snippets, ...wrong], files);
  t.deepEqual(
    errors.filter(error => !error.startsWith('wrong.md')),
    [],
  );
  t.deepEqual(
    errors.map(error => error.split(' ')[0]).filter(place => place!.startsWith('wrong.md')),
    ['wrong.md:12', 'wrong.md:22', 'wrong.md:41'],
  );
});

test('blocks of TypeScript are found with their lines', t => {
  const page = 'text\n\n```ts fragment\nseed: 7,\n```\n\n```sh\nnpm ci\n```\n\n```ts\nconst x = 1;\n\n```\n';
  t.deepEqual(snippetsOf('page.md', page), [
    { document: 'page.md', line: 3, info: 'fragment', code: 'seed: 7,' },
    { document: 'page.md', line: 11, info: '', code: 'const x = 1;\n' },
  ]);
});
