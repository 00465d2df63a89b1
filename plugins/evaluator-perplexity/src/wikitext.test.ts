import { Task } from '@secateur/core';
import { providedBy } from '@secateur/core/testing';
import test from 'ava';
import evaluatorPerplexity from './index.js';
import { detokenised, wikitext } from './wikitext.js';

const page =
  " \n = Robert Boulter = \n \n Robert Boulter is an English film , television and theatre actor . He said : \" I was there ; were you ? \" ( 1 @,@ 000 people ) The boys ' car ran 2 @.@ 5 kilometres at 30 ° C [ note ] { x } ! It was N 's best @-@ known ' title ' . \n = = Career = = \n = = = 2000 – 2005 = = = \n";

/** Printed by lm-evaluation-harness 0.4.13. */
const expected =
  "\n= Robert Boulter =\n\nRobert Boulter is an English film, television and theatre actor. He said: \"I was there; were you?\" (1,000 people) The boys'car ran 2.5 kilometres at 30°C [note] {x}! It was N's best-known 'title'.\n== Career ==\n=== 2000 – 2005 ===\n";

test('a page is detokenised as the harness does, and counted as it is', t => {
  t.is(detokenised(page), expected);
  const { text, words, bytes } = wikitext.document({ page });
  t.is(text, expected);
  t.is(words, page.split(/\s+/).length);
  t.is(bytes, new TextEncoder().encode(page).length);
});

test('a row without a page is refused', t => {
  t.throws(() => wikitext.document({ text: page }), { message: /row\.page is missing/ });
});

test('the plugin provides the task', t => {
  t.is(providedBy(evaluatorPerplexity(), Task, 'wikitext'), wikitext);
});
