import test from 'ava';
import { logLikelihoods } from '../likelihood/log-likelihoods.js';
import { wholePasses } from '../passes/whole-passes.js';
import type { Row } from '../ports/rows.js';
import type { ChoiceTask } from '../ports/task.js';
import type { Tokenizer } from '../ports/tokenizer.js';
import { InterpreterEngine } from '../testing/interpreter-engine.js';
import { throwsCode } from '../testing/throws-code.js';
import { openTinyModel } from '../testing/tiny-model.js';
import type { Answers } from './answers.js';
import { evaluateTask } from './evaluate-task.js';
import { readItems } from './read-items.js';

const model = await openTinyModel();
const passes = wholePasses(new InterpreterEngine(ref => model.source.format.read(ref)));

/** A letter is a token: a is 0. */
const tokenizer: Tokenizer = {
  size: 26,
  bos: undefined,
  eos: undefined,
  opening: [],
  start: undefined,
  encode: text => [...text.replaceAll(' ', '')].map(letter => letter.charCodeAt(0) - 97),
  decode: () => '',
};

interface Asked {
  readonly context: string;
  readonly choices: readonly string[];
  readonly gold: number;
}
const task: ChoiceTask = {
  kind: 'choice',
  version: 3,
  licence: 'CC0-1.0',
  source: 'this file',
  metrics: ['acc', 'acc_norm'],
  item(row) {
    const { context, choices, gold } = row as Asked;
    if (context === undefined) throw new Error('has no context');
    return {
      requests: choices.map(choice => ({ context, continuation: ` ${choice}` })),
      lengths: choices.map(choice => choice.length),
      gold,
    };
  },
};
const rows = (...values: unknown[]): Row[] =>
  values.map((value, i) => ({ value, place: () => `asked.jsonl:${i + 1}` }));
const read = (values: readonly unknown[], limit = 64) =>
  readItems('letters', task, rows(...values), { tokenizer, vocabulary: model.vocabulary, limit });

const asked: readonly Asked[] = [
  { context: 'abc', choices: ['de', 'fgh'], gold: 0 },
  { context: 'dha', choices: ['b', 'a', 'ccc'], gold: 2 },
  { context: 'abc', choices: ['de', 'fgh'], gold: 1 },
];
const items = read(asked);

test('choices and metrics follow from the log-likelihoods of the texts', async t => {
  const expected = await logLikelihoods(
    passes,
    model,
    items.map(({ texts }) => texts),
  );
  const { items: found, metrics, cut } = await evaluateTask(passes, model, task, items);
  t.is(cut, 0);
  for (const [i, { logLikelihoods, choice, gold, place }] of found.entries()) {
    for (const [j, value] of logLikelihoods.entries()) t.true(Math.abs(value - expected[i]![j]!) < 1e-6);
    const best = (values: readonly number[]) => values.indexOf(Math.max(...values));
    t.is(choice.acc, best(logLikelihoods));
    t.is(choice.acc_norm, best(logLikelihoods.map((value, j) => value / asked[i]!.choices[j]!.length)));
    t.deepEqual([gold, place], [asked[i]!.gold, `asked.jsonl:${i + 1}`]);
  }
  for (const metric of ['acc', 'acc_norm'] as const)
    t.is(metrics[metric]!.value, found.filter(({ choice, gold }) => choice[metric] === gold).length / 3);
});

test('equal questions are asked once, and kept answers are not asked again', async t => {
  const kept = new Map<string, readonly number[]>();
  const answers: Answers = {
    get: hash => kept.get(hash),
    keep: (hash, values) => {
      t.false(kept.has(hash));
      kept.set(hash, [...values]);
    },
  };
  const first = await evaluateTask(passes, model, task, items, { answers });
  t.is(kept.size, 2);
  const silent = { ...passes, open: () => t.fail('nothing is to be computed') as never };
  t.deepEqual(await evaluateTask(silent, model, task, items, { answers }), first);
  kept.delete(items[1]!.answer);
  const again = await evaluateTask(passes, model, task, items, { answers });
  t.deepEqual(
    again.items.map(({ choice }) => choice),
    first.items.map(({ choice }) => choice),
  );
});

test('a longer item loses its beginning, and says by how much', async t => {
  const [item] = read([{ context: 'abcdefgh', choices: ['ab', 'a'], gold: 0 }], 5);
  t.is(item!.cut, 4);
  t.deepEqual(
    item!.texts.map(({ ids }) => ids),
    [
      [4, 5, 6, 7, 0, 1],
      [3, 4, 5, 6, 7, 0],
    ],
  );
  t.is((await evaluateTask(passes, model, task, [item!])).cut, 1);
});

const good = asked[0]!;
const bad: readonly (readonly [unknown, RegExp])[] = [
  [{ ...good, context: undefined }, /^asked\.jsonl:2 has no context$/],
  [{ ...good, gold: 2 }, /has the answer 2, expected an index from 0 to 1/],
  [{ ...good, gold: -1 }, /has the answer -1/],
  [{ ...good, gold: 0.5 }, /has the answer 0\.5/],
  [{ ...good, choices: ['a', ' '] }, /has an empty choice 2, expected a text/],
  [{ ...good, choices: ['a'] }, /has 1 choices, expected at least 2/],
  [{ ...good, choices: ['a', 'abcdefg'] }, /choice 2 of 7 tokens, expected at most the 6/],
  [{ ...good, choices: ['a', 'z'] }, /token id 25, expected ids below the model's vocabulary of 11/],
];
for (const [row, message] of bad)
  test(`a row is refused by its place: ${message.source}`, async t => {
    await throwsCode(t, () => read([good, row], 6), 'E_TASK_DATA', message);
  });
