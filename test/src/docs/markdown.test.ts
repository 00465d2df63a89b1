import test from 'ava';
import { anchorsOf, firstTable, rowsOf, takeApart, withFirstTable } from './markdown.js';

const page = `# The \`first\`, of two

A [link](a.md#b), \`code with [no](link.md)\` that
\`goes
on\`, ![image](b.png "title") and [...] (nothing).

\`\`\`ts fragment
const x = \`[no](link.md)\`;
\`\`\`

- in a list:

  ~~~
  # no heading
    indented
  ~~~

## Twice

## Twice
`;

test('a page is taken apart, each part with its line', t => {
  const parts = takeApart('page.md', page);
  t.deepEqual(parts.blocks, [
    { line: 7, language: 'ts', info: 'fragment', code: 'const x = `[no](link.md)`;' },
    { line: 13, language: '', info: '', code: '# no heading\n  indented' },
  ]);
  t.deepEqual(parts.spans, [
    { line: 1, text: 'first' },
    { line: 3, text: 'code with [no](link.md)' },
    { line: 4, text: 'goes on' },
  ]);
  t.deepEqual(parts.links, [
    { line: 3, text: 'a.md#b' },
    { line: 5, text: 'b.png' },
  ]);
  t.deepEqual([...anchorsOf(parts)], ['the-first-of-two', 'twice', 'twice-1']);
});

test('a block that is not closed is named', t => {
  t.throws(() => takeApart('page.md', 'text\n```ts\ncode'), { message: /^page\.md:2 / });
});

test('tables are found, read and replaced', t => {
  const text = 'a\n\n| k |\n| --- |\n| 1 |\n\n## Keys\n\n| k | v |\n| --- | --- |\n| a | `x \\| y` |';
  t.is(firstTable(text), '| k |\n| --- |\n| 1 |');
  t.deepEqual(rowsOf(firstTable(text, '## Keys')), [['a', '`x \\| y`']]);
  t.throws(() => firstTable(text, '## Other'));
  t.is(withFirstTable('a\n| k |\n| - |\n\nb', '| $& |\n| - |'), 'a\n| $& |\n| - |\n\nb');
});
