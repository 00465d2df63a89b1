import test from 'ava';
import type { SecateurError } from '../errors.js';
import type { Document, TextSource } from '../ports/text.js';
import type { Tokenizer } from '../ports/tokenizer.js';
import type { Sequence } from './sequence.js';
import { chunks, type TokeniseOptions, tokeniseSource } from './tokenise.js';

/** Letters to ids from 10 on. */
const tokenizer = (special: { bos?: number; eos?: number } = {}): Tokenizer => ({
  size: 40,
  bos: special.bos,
  eos: special.eos,
  opening: [],
  start: special.bos,
  encode: text => Array.from(text, letter => 10 + letter.charCodeAt(0) - 97),
  decode: () => '',
});

const alphabet = 'abcdefghijklmnopqrstuvwxyz';
const text = (...texts: string[]): TextSource => ({
  name: 'letters',
  kind: 'text',
  documents: texts.map(one => ({ text: one })),
  hash: '',
});
const instructions = (...documents: Document[]): TextSource => ({
  name: 'asked',
  kind: 'instruction',
  documents,
  hash: '',
});

const options: TokeniseOptions = { sequence: 5, chunk: 4, validation: 0.25, vocabulary: 40 };
const letters = (ids: Int32Array): string =>
  String.fromCharCode(...[...ids].map(id => (id < 10 ? 48 + id : id + 87)));

const refused = (t: { throws: (f: () => unknown) => unknown }, f: () => unknown): SecateurError =>
  t.throws(f) as SecateurError;

test('of blank documents nothing is learnt, not even where they begin', t => {
  const bos = tokenizer({ bos: 1 });
  t.deepEqual(
    tokeniseSource(text('', alphabet, ' \n', alphabet), bos, options),
    tokeniseSource(text(alphabet, alphabet), bos, options),
  );
});

test('text is one stream in windows of inputs and the tokens that follow them', t => {
  const { train, validation, name, kind } = tokeniseSource(text(alphabet), tokenizer(), options);
  t.deepEqual([name, kind], ['letters', 'text']);
  // 26 tokens, of which the last 6 are held out
  t.deepEqual(
    train.map(({ ids, targets }) => [letters(ids), letters(targets)]),
    [
      ['abcde', 'bcdef'],
      ['fghij', 'ghijk'],
      ['klmno', 'lmnop'],
    ],
  );
  t.deepEqual(
    validation.map(({ ids, targets }) => [letters(ids), letters(targets)]),
    [['uvw', 'vwx']],
  );
  for (const { weights, length, ids } of [...train, ...validation]) {
    t.true(weights.every(weight => weight === 1));
    t.is(length, ids.length);
  }
});

test('training never sees what is held out', t => {
  const { train, validation } = tokeniseSource(text(alphabet), tokenizer(), options);
  const seen = new Set(train.flatMap(({ ids, targets }) => [...ids, ...targets]));
  t.false(validation.some(({ ids, targets }) => [...ids, ...targets].some(id => seen.has(id))));
});

test('choices are made on tokens that are neither trained on nor reported', t => {
  const { train, tuning, validation } = tokeniseSource(text(alphabet), tokenizer(), {
    ...options,
    tuning: 0.2,
  });
  t.deepEqual(
    [train, tuning, validation].map(part => part.map(({ ids }) => letters(ids))),
    [['abcde', 'fghij', 'klmno'], ['qrs'], ['uvw']],
  );
  const apart = tokeniseSource(text(alphabet), tokenizer(), { ...options, tuning: text('zyxw') });
  t.deepEqual(
    apart.tuning.map(({ ids }) => letters(ids)),
    ['zyx'],
  );
  t.is(apart.train.length, 3);
});

test('instructions to tune on are cut off behind those to validate on', t => {
  const source = instructions(...[...'abcd'].map(letter => ({ prompt: letter, text: letter })));
  const { train, tuning, validation } = tokeniseSource(source, tokenizer(), { ...options, tuning: 0.3 });
  t.deepEqual(
    [train, tuning, validation].map(part => part.map(({ ids }) => letters(ids)[0])),
    [['a', 'b'], ['c'], ['d']],
  );
});

test('each document stands behind a BOS, where there is one', t => {
  const { train } = tokeniseSource(text('abc', 'defg', alphabet), tokenizer({ bos: 1 }), options);
  t.is(letters(train[0]!.ids), '1abc1');
  t.is(letters(train[1]!.ids), 'defg1');
});

test('a text of its own is held out whole, and nothing of the source', t => {
  const apart = tokeniseSource(text('abcdefghij', 'k'), tokenizer(), {
    ...options,
    validation: text('zyxwvuts'),
  });
  t.deepEqual(
    apart.train.map(({ targets }) => letters(targets)),
    ['bcdef', 'ghijk'],
  );
  t.deepEqual(
    apart.validation.map(({ ids, targets }) => [letters(ids), letters(targets)]),
    [
      ['zyx', 'yxw'],
      ['vut', 'uts'],
    ],
  );
});

test('chunks start with BOS once, predict all their tokens but the first, and drop the tail', t => {
  const ids = Int32Array.from(tokenizer().encode('abcdefg'));
  const shown = (bos?: number) =>
    chunks(ids, 4, bos).map(({ ids: from, targets }) => [letters(from), letters(targets)]);
  t.deepEqual(shown(), [['abc', 'bcd']]);
  t.deepEqual(shown(2), [
    ['2ab', 'abc'],
    ['def', 'efg'],
  ]);
  const begun = Int32Array.of(2, ...ids);
  t.deepEqual(chunks(begun, 4, 2), chunks(ids, 4, 2));
});

test('of an instruction only the answer counts, and EOS with it', t => {
  const source = instructions(...Array.from({ length: 4 }, () => ({ prompt: 'ab', text: 'c' })));
  const { train, validation, kind } = tokeniseSource(source, tokenizer({ bos: 1, eos: 2 }), {
    ...options,
    chunk: 5,
  });
  t.is(kind, 'instruction');
  t.is(train.length, 3);
  t.is(validation.length, 1);
  const [first] = train;
  // 1 a b → a b c 2: the prediction of c and of EOS counts, padding does not
  t.deepEqual(first!.ids, Int32Array.of(1, 10, 11, 12, 0));
  t.deepEqual(first!.targets, Int32Array.of(10, 11, 12, 2, 0));
  t.deepEqual(first!.weights, Float32Array.of(0, 0, 1, 1, 0));
  t.is(first!.length, 4);
  t.is(validation[0]!.ids.length, 4);
});

test('an answer that is too long is cut, a prompt that is too long is left out', t => {
  const source = instructions(
    { prompt: 'a', text: alphabet },
    { prompt: alphabet, text: 'z' },
    { prompt: 'b', text: 'c' },
    { prompt: 'b', text: 'd' },
  );
  const warnings: string[] = [];
  const { train } = tokeniseSource(source, tokenizer(), {
    ...options,
    warn: said => void warnings.push(said),
  });
  t.deepEqual(warnings, [
    '1 instructions of "asked" are left out: their prompts alone fill a sequence of 5 or a chunk of 4 tokens',
  ]);
  t.deepEqual(
    train.map(({ ids }) => letters(ids).replaceAll('0', '')),
    ['aabcd', 'b'],
  );
  t.deepEqual(train[0]!.weights, Float32Array.of(1, 1, 1, 1, 1));
});

test('instructions that are packed share sequences, each a document of its own', t => {
  // 3, 2, 3, 2 and 3 positions; the last record of each kind is held out
  const source = instructions(
    { prompt: 'ab', text: 'cd' },
    { prompt: 'e', text: 'fg' },
    { prompt: 'hi', text: 'jk' },
    { prompt: 'l', text: 'mn' },
    { prompt: 'op', text: 'qr' },
  );
  const none = tokeniseSource(source, tokenizer(), options);
  const packed = tokeniseSource(source, tokenizer(), { ...options, packing: 'instructions' });
  t.deepEqual(
    packed.train.map(({ ids, targets }) => [letters(ids), letters(targets)]),
    [
      ['abcef', 'bcdfg'],
      ['hijlm', 'ijkmn'],
    ],
  );
  for (const { weights, documents, length } of packed.train) {
    t.deepEqual(weights, Float32Array.of(0, 1, 1, 1, 1));
    t.deepEqual(documents, Int32Array.of(0, 0, 0, 1, 1));
    t.is(length, 5);
  }
  // Alone in its sequence, a record is what it is without packing.
  t.deepEqual(packed.validation, none.validation);
  const counted = (parts: readonly Sequence[]) =>
    parts.flatMap(({ weights }) => [...weights]).reduce((a, b) => a + b);
  t.is(counted(packed.train), counted(none.train));
});

test('documents of a text that are kept apart predict nothing of each other', t => {
  const source = text('abc', 'd', alphabet);
  const told = { ...options, validation: text('zyxwvuts'), packing: 'documents' as const };
  const [first, second, third] = tokeniseSource(source, tokenizer({ bos: 1 }), told).train;
  // 1abc1d1abcdefghi...
  t.is(letters(first!.ids), '1abc1');
  t.deepEqual(first!.documents, Int32Array.of(0, 0, 0, 0, 1));
  t.deepEqual(first!.weights, Float32Array.of(1, 1, 1, 0, 1));
  t.is(letters(second!.ids), 'd1abc');
  t.deepEqual(second!.documents, Int32Array.of(0, 1, 1, 1, 1));
  t.deepEqual(second!.weights, Float32Array.of(0, 1, 1, 1, 1));
  t.false('documents' in third!);
  t.deepEqual(third!.weights, new Float32Array(5).fill(1));
});

test('plain text is the same without packing and with packed instructions, and measured the same in every way', t => {
  const source = text('abc', 'd', alphabet, alphabet);
  const of = (packing?: TokeniseOptions['packing']) =>
    tokeniseSource(source, tokenizer({ bos: 1 }), {
      ...options,
      tuning: 0.2,
      ...(packing ? { packing } : {}),
    });
  t.deepEqual(of('instructions'), of());
  t.deepEqual(of('none'), of());
  const apart = of('documents');
  t.notDeepEqual(apart.train, of().train);
  t.deepEqual([apart.tuning, apart.validation], [of().tuning, of().validation]);
});

test('without prompt and BOS every token but the first counts', t => {
  const { train } = tokeniseSource(instructions({ text: 'abc' }, { text: 'abc' }), tokenizer(), options);
  t.deepEqual(train[0]!.targets, Int32Array.of(11, 12, 0, 0, 0));
  t.deepEqual(train[0]!.weights, Float32Array.of(1, 1, 0, 0, 0));
});

test('instructions of another file are held out whole', t => {
  const apart = tokeniseSource(instructions({ prompt: 'a', text: 'b' }), tokenizer(), {
    ...options,
    validation: instructions({ prompt: 'c', text: 'd' }),
  });
  t.is(letters(apart.train[0]!.targets).at(0), 'b');
  t.is(letters(apart.validation[0]!.targets).at(0), 'd');
});

test('too little text is refused, with what there is and what is needed', t => {
  const error = refused(t, () => tokeniseSource(text('abcdefg'), tokenizer(), options));
  t.is(error.code, 'E_TEXT_SHORT');
  t.regex(
    error.message,
    /"letters" has 3 tokens to train on and 4 to validate on, expected at least 6 and 4/,
  );
  t.truthy(error.hint);
  const tuned = refused(t, () => tokeniseSource(text('abcdefg'), tokenizer(), { ...options, tuning: 0.2 }));
  t.regex(
    tuned.message,
    /0 tokens to train on, 3 to tune on and 4 to validate on, expected at least 6, 4 and 4/,
  );
  const asked = refused(t, () =>
    tokeniseSource(instructions({ prompt: 'a', text: 'b' }), tokenizer(), options),
  );
  t.is(asked.code, 'E_TEXT_SHORT');
  t.regex(asked.message, /0 instructions to train on and 1 to validate on/);
});

test('a source without a token is refused', t => {
  for (const source of [text(), text('', ''), instructions({ text: '' })]) {
    const error = refused(t, () => tokeniseSource(source, tokenizer(), options));
    t.is(error.code, 'E_TEXT_EMPTY');
    t.regex(error.hint!, new RegExp(`text\\.${source.name}`));
  }
});

test('an id beyond the vocabulary is refused, wherever it stands', t => {
  const small = { ...options, vocabulary: 35 };
  for (const run of [
    () => tokeniseSource(text(alphabet), tokenizer(), small),
    () => tokeniseSource(text('abcdefghijkl'), tokenizer(), { ...small, validation: text('vwxyz') }),
    () => tokeniseSource(instructions({ prompt: 'z', text: 'a' }), tokenizer(), small),
  ]) {
    const error = refused(t, run);
    t.is(error.code, 'E_TOKENIZER');
    t.is(error.message, "the tokenizer gives the id 35, but the model's vocabulary ends at 34");
  }
});

test('what is no id at all is refused, and not cut to one', t => {
  for (const id of [-1, 1.5, undefined as unknown as number, '7' as unknown as number]) {
    const strange = { ...tokenizer(), encode: () => [3, id] };
    const error = refused(t, () => tokeniseSource(text('ab'), strange, options));
    t.is(error.code, 'E_TOKENIZER');
    t.is(error.message, `the tokenizer gives the id ${id}, expected a whole number from 0 on`);
  }
});
