import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import test from 'ava';
import { sharedData, testWith, tinyTokenizer } from './fixtures.test.data.js';
import { splitAtSpaces } from './split-at-spaces.js';

const encode = (tokenizer: object, text: string): number[] =>
  new Tokenizer(tokenizer, {}).encode(text, { add_special_tokens: false }).ids;

test('ids stay what they are', t => {
  const split = splitAtSpaces(tinyTokenizer);
  t.not(split.pre_tokenizer, null);
  for (const text of ['hello hello', '  hello   hello ', 'hello', '   ', 'hello</s> hello\n hello.'])
    t.deepEqual(encode(split, text), encode(tinyTokenizer, text), JSON.stringify(text));
});

test('a tokenizer whose pieces cross a space, one that splits itself, and other models are left alone', t => {
  const { model } = tinyTokenizer;
  const crossing = { ...tinyTokenizer, model: { ...model, vocab: { ...model.vocab, 'o▁': 13 } } };
  t.is(splitAtSpaces(crossing), crossing);
  const splitting = { ...tinyTokenizer, pre_tokenizer: { type: 'Whitespace' } };
  t.is(splitAtSpaces(splitting), splitting);
  const unigram = { ...tinyTokenizer, model: { ...model, type: 'Unigram' } };
  t.is(splitAtSpaces(unigram), unigram);
});

testWith('tokenizers/llama')('the LLaMA tokenizer gives the same ids for a long text', async t => {
  const tokenizer = JSON.parse(await readFile(sharedData('tokenizers/llama/tokenizer.json'), 'utf8'));
  const split = splitAtSpaces(tokenizer);
  t.not(split, tokenizer);
  const alice = await readFile(sharedData('text/gutenberg/alice-in-wonderland-11.txt'), 'utf8');
  for (const text of [alice.slice(0, 60000), '  \n  x\t  y ▁ ▁▁z  ', 'def f(x):\n    return  x\n'])
    t.is(encode(split, text).join(), encode(tokenizer, text).join());
});
