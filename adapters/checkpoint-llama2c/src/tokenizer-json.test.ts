import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { temporaryFolder } from '@secateur/core/testing';
import test from 'ava';
import { randomNumbers, sharedData, testWith, tokenizerBytes } from './fixtures.test.data.js';
import { type Piece, readTokenizerBin } from './tokenizer-bin.js';
import { tokenizerJson } from './tokenizer-json.js';

/** llama2.c's encode without BOS and EOS, as its comments describe it. */
const llama2cEncode = (pieces: readonly Piece[], text: string): number[] => {
  if (text === '') return [];
  const ids = new Map(pieces.map((piece, id) => [piece.text, id]));
  const tokens = [ids.get(' ')!];
  for (const character of text) {
    const id = ids.get(character);
    if (id !== undefined) tokens.push(id);
    else for (const byte of Buffer.from(character)) tokens.push(byte + 3);
  }
  for (;;) {
    let best = -1e10;
    let at = -1;
    let merged = -1;
    for (let i = 0; i + 1 < tokens.length; i++) {
      const id = ids.get(pieces[tokens[i]!]!.text + pieces[tokens[i + 1]!]!.text);
      if (id === undefined || pieces[id]!.score <= best) continue;
      best = pieces[id]!.score;
      at = i;
      merged = id;
    }
    if (at === -1) return tokens;
    tokens.splice(at, 2, merged);
  }
};

const open = (pieces: readonly Piece[]) => {
  const tokenizer = new Tokenizer(tokenizerJson(pieces), {});
  return {
    encode: (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    decode: (ids: number[]) => tokenizer.decode(ids, { clean_up_tokenization_spaces: false }),
  };
};

const hardTexts = [
  'Once upon a time',
  ' leading and  double   spaces ',
  'line\nbreak\n\ttab\r\n',
  'naïve café — “quotes” …',
  'emoji 🐈‍⬛ and 漢字',
  '<0x0A> is spelled, not a byte',
  'aaaaaaaaaa nnnnnn 1234567890',
  'x',
  ' ',
];

test('random vocabularies: ids are those of llama2.c, and lead back to the text', async t => {
  const random = randomNumbers(11);
  const pick = (count: number) => Math.floor(((random() + 1) / 2) * count);
  const file = path.join(await temporaryFolder(t), 'tokenizer.bin');
  for (let round = 0; round < 8; round++) {
    const alphabet = [...' abcé'];
    const texts = new Set<string>(alphabet);
    while (texts.size < 40) texts.add(Array.from({ length: 2 + pick(4) }, () => alphabet[pick(5)]).join(''));
    const entries = [...texts].map((text, i) => [text, -((i * 17) % 41)] as const);
    await writeFile(file, tokenizerBytes(entries));
    const pieces = await readTokenizerBin(file, 259 + entries.length);
    const tokenizer = open(pieces);
    for (let i = 0; i < 20; i++) {
      const text = Array.from({ length: 1 + pick(40) }, () => [...' abcéd🐈\n'][pick(8)]).join('');
      const ids = tokenizer.encode(text);
      t.deepEqual(ids, llama2cEncode(pieces, text), JSON.stringify(text));
      t.is(tokenizer.decode(ids), text);
    }
  }
});

for (const [name, file, vocabulary] of [
  ['stories260K', 'models/stories260K/tok512.bin', 512],
  ['LLaMA', 'tokenizers/llama/tokenizer.bin', 32000],
] as const) {
  testWith(file)(`${name}: ids are those of llama2.c, and lead back to the text`, async t => {
    const pieces = await readTokenizerBin(sharedData(file), vocabulary);
    const tokenizer = open(pieces);
    const tale = await readFile(sharedData('text/tinystories/tinystories-944k.txt'), 'utf8');
    const stories = tale.split(/\n(?=Once upon|One day)/).slice(0, 20);
    for (const text of [...stories, ...hardTexts]) {
      const ids = tokenizer.encode(text);
      t.deepEqual(ids, llama2cEncode(pieces, text), text.slice(0, 80));
      t.is(tokenizer.decode(ids), text);
    }
  });
}

testWith('tokenizers/llama')(
  'LLaMA: vocabulary and merges are those of the published tokenizer.json',
  async t => {
    const pieces = await readTokenizerBin(sharedData('tokenizers/llama/tokenizer.bin'), 32000);
    const made = tokenizerJson(pieces).model as { vocab: object; merges: string[] };
    const published = JSON.parse(await readFile(sharedData('tokenizers/llama/tokenizer.json'), 'utf8')).model;
    t.is(
      JSON.stringify(Object.entries(made.vocab).sort()),
      JSON.stringify(Object.entries(published.vocab).sort()),
    );
    t.is(made.merges.length, published.merges.length);
    t.is(made.merges.toSorted().join('\n'), published.merges.toSorted().join('\n'));
  },
);
