import test from 'ava';
import { DataImporter, type DataOptions } from '../ports/data-importer.js';
import { TextReader } from '../ports/text.js';
import { throwsCode } from '../testing/throws-code.js';
import { fill, type TinySession, tinySession } from '../testing/tiny-session.js';
import { evaluateText } from './evaluate-text.js';

const files: Readonly<Record<string, readonly string[]>> = {
  rows: ['', 'abcdef', ' ', 'gfe'],
  stream: ['\n\nabcdef\n\n \n\ngfe'],
  filled: ['abcdef', 'gfe'],
};

const session = (): TinySession =>
  tinySession({}, [
    fill(TextReader, {
      read: async (name, file) => ({
        name,
        kind: 'text',
        hash: '',
        documents: files[file]!.map(text => ({ text })),
      }),
    }),
    fill(DataImporter, {
      recognises: name => name.startsWith('hf:'),
      file: async (name, wanted, { onProgress }: DataOptions) => {
        onProgress?.(1, 1, 'bytes');
        return wanted === undefined ? name.slice(3) : '';
      },
    }),
  ]);

const measure = (text: string, chunk = 4) => evaluateText(session(), { model: 'tiny', text, chunk });

test('rows are one stream with an empty line between them, blank ones too, as papers join those of WikiText', async t => {
  const rows = await measure('rows');
  t.deepEqual(rows, await measure('stream'));
  // BOS and 16 letters: four chunks of four, each predicting three.
  t.deepEqual([rows.tokens, rows.chunk], [12, 4]);
  t.is((await measure('filled')).tokens, 9);
});

test('a text that an importer knows is fetched, and shown while it is', async t => {
  const own = session();
  const stages: string[] = [];
  own.hooks.progress.tap('test', event => {
    if (event.kind === 'stage-start') stages.push(event.title);
  });
  const found = await evaluateText(own, { model: 'tiny', text: 'hf:rows', chunk: 4 });
  t.deepEqual(found, await measure('rows'));
  t.deepEqual(stages, ['Fetch the text']);
});

test('a text that nobody fetches, and a chunk that does not fit, are refused', async t => {
  await throwsCode(t, () => measure('ftp:rows'), 'E_TASK_DATA', /^ftp:rows is data that no plugin fetches/);
  await throwsCode(t, () => measure('rows', 1), 'E_USAGE', /^the chunk is 1 tokens, expected 2 to \d+/);
  await throwsCode(
    t,
    () => measure('filled', 14),
    'E_TEXT_SHORT',
    /^filled has 11 tokens, expected at least one chunk of 14/,
  );
});
