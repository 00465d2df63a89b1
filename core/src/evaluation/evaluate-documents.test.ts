import test from 'ava';
import { logLikelihoods } from '../likelihood/log-likelihoods.js';
import { wholePasses } from '../passes/whole-passes.js';
import type { DocumentTask } from '../ports/task.js';
import type { Tokenizer } from '../ports/tokenizer.js';
import { InterpreterEngine } from '../testing/interpreter-engine.js';
import { throwsCode } from '../testing/throws-code.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { evaluateDocuments } from './evaluate-documents.js';
import { readDocuments } from './read-documents.js';

const model = await openTinyModel();
const passes = wholePasses(new InterpreterEngine(ref => model.source.format.read(ref)));

/** A letter is a token: b is 1. */
const tokenizer: Tokenizer = {
  ...{ size: 26, bos: 0, eos: undefined, opening: [0], start: 0, decode: () => '' },
  encode: text => [...text].map(letter => letter.charCodeAt(0) - 97),
};
const task: DocumentTask = {
  ...{ kind: 'document', version: 1, licence: 'CC0-1.0', source: 'this file' },
  document(row) {
    if (typeof row !== 'string') throw new Error('is no text');
    return { text: row, words: row.length / 2, bytes: 2 * row.length };
  },
};
const read = (rows: readonly unknown[], of: Tokenizer = tokenizer) =>
  readDocuments(
    'letters',
    task,
    rows.map((value, i) => ({ value, place: () => `letters.jsonl:${i + 1}` })),
    { tokenizer: of, vocabulary: model.vocabulary, limit: 4 },
  );

test('perplexities are those of all tokens, by word and by byte', async t => {
  const documents = ['bcdefgh', 'dcb'];
  const texts = [
    { ids: [0, 0, 1, 2, 3], scored: 4 },
    { ids: [3, 4, 5, 6, 7], scored: 4 },
    { ids: [0, 0, 3, 2, 1], scored: 4 },
  ];
  const found = await evaluateDocuments(passes, model, read(documents));
  const expected = await logLikelihoods(
    passes,
    model,
    texts.map(text => [text]),
  );
  const nats = -expected.flat().reduce((sum, value) => sum + value, 0);
  t.deepEqual([found.documents, found.tokens], [2, 12]);
  const close = (value: number, other: number) => t.true(Math.abs(value / other - 1) < 1e-6);
  close(found.wordPerplexity, Math.exp(nats / 5));
  close(found.bytePerplexity, Math.exp(nats / 20));
  close(found.bitsPerByte, nats / 20 / Math.log(2));
});

test('what cannot be read is refused by its place', async t => {
  await throwsCode(t, () => read(['bc', 7]), 'E_TASK_DATA', /^letters\.jsonl:2 is no text$/);
  await throwsCode(t, () => read(['z']), 'E_TASK_DATA', /token id 25, expected ids below .* of 11/);
  const bare = { ...tokenizer, opening: [], start: 0 };
  await throwsCode(t, () => read([''], bare), 'E_TASK_DATA', /a document of no tokens/);
  await throwsCode(t, () => read(['b'], { ...bare, start: undefined }), 'E_TOKENIZER', /a BOS or an EOS/);
});
