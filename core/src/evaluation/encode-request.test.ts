import test from 'ava';
import type { Tokenizer } from '../ports/tokenizer.js';
import { cutToFit, encodeRequest } from './encode-request.js';

/** Words with the space before them, and what stands between, as ids of their own; `ab` and `c` become one. */
const tokenizer = (bos?: number, eos?: number, opens = bos !== undefined): Tokenizer => ({
  size: 1000,
  bos,
  eos,
  opening: opens ? [bos!] : [],
  start: bos ?? eos,
  encode: text =>
    [...text.matchAll(/ ?[^\s]+|\s/g)].map(([piece]) =>
      [...piece].reduce((sum, c) => sum + c.charCodeAt(0), 0),
    ),
  decode: () => '',
});
const code = (piece: string): number => [...piece].reduce((sum, c) => sum + c.charCodeAt(0), 0);

test('the continuation is what is behind as many tokens as the context has', t => {
  t.deepEqual(encodeRequest({ context: 'is it', continuation: ' so be it' }, tokenizer()), {
    ids: [code('is'), code(' it'), code(' so'), code(' be'), code(' it')],
    scored: 3,
  });
});

test('what the tokenizer begins a text with stands before the context', t => {
  t.deepEqual(encodeRequest({ context: 'is', continuation: ' it' }, tokenizer(1, 2, false))?.ids.length, 2);
  t.deepEqual(encodeRequest({ context: 'is', continuation: ' it' }, tokenizer(1)), {
    ids: [1, code('is'), code(' it')],
    scored: 1,
  });
});

test('spaces at the end of the context go to the continuation', t => {
  t.deepEqual(encodeRequest({ context: 'is ', continuation: 'it' }, tokenizer()), {
    ids: [code('is'), code(' it')],
    scored: 1,
  });
});

test('an empty context is BOS, or EOS', t => {
  const request = { context: '', continuation: 'is it' };
  t.deepEqual(encodeRequest(request, tokenizer(1, 2)), { ids: [1, code('is'), code(' it')], scored: 2 });
  t.deepEqual(encodeRequest(request, tokenizer(undefined, 2))?.ids[0], 2);
  t.deepEqual(encodeRequest(request, tokenizer()), { ids: [code('is'), code(' it')], scored: 1 });
  t.deepEqual(encodeRequest(request, tokenizer(code('is'))), { ids: [code('is'), code(' it')], scored: 1 });
});

test('what has no token to predict is nothing', t => {
  t.is(encodeRequest({ context: 'is', continuation: '' }, tokenizer()), undefined);
  // One token with the context: the whole text has no more tokens than the context alone.
  t.is(encodeRequest({ context: 'is', continuation: 'nt' }, tokenizer()), undefined);
  t.is(encodeRequest({ context: '', continuation: 'it' }, tokenizer()), undefined);
});

test('a text loses its beginning where the model reads less, and never what is scored', t => {
  const text = { ids: [1, 2, 3, 4, 5], scored: 2 };
  t.deepEqual(cutToFit(text, 4), text);
  t.deepEqual(cutToFit(text, 3), { ids: [2, 3, 4, 5], scored: 2 });
  t.deepEqual(cutToFit(text, 2), { ids: [3, 4, 5], scored: 2 });
  t.is(cutToFit(text, 1), undefined);
});
