import { type ChoiceTask, Task } from '@secateur/core';
import { providedBy } from '@secateur/core/testing';
import test from 'ava';
import evaluatorMultipleChoice from './index.js';

const taskOf = (name: string): ChoiceTask => providedBy(evaluatorMultipleChoice(), Task, name) as ChoiceTask;

interface Case {
  readonly row: object;
  /** Contexts and continuations as lm-evaluation-harness builds them (0.4.13). */
  readonly asks: readonly (readonly [context: string, continuation: string])[];
  readonly gold: number;
}

const school = { text: ['the sun', 'the moon', 'rain'], label: ['A', 'B', 'C'] };

const cases: Readonly<Record<string, readonly Case[]>> = {
  boolq: [
    {
      row: { passage: 'Water is wet.', question: 'is water wet', label: 1 },
      asks: [
        ['Water is wet.\nQuestion: is water wet?\nAnswer:', ' no'],
        ['Water is wet.\nQuestion: is water wet?\nAnswer:', ' yes'],
      ],
      gold: 1,
    },
  ],
  piqa: [
    {
      row: { goal: 'boil an egg', sol1: 'use water', sol2: 'use sand', label: 0 },
      asks: [
        ['Question: boil an egg\nAnswer:', ' use water'],
        ['Question: boil an egg\nAnswer:', ' use sand'],
      ],
      gold: 0,
    },
  ],
  hellaswag: [
    {
      row: {
        activity_label: 'Baking',
        ctx_a: '[header] How to bake [title] Mix it.',
        ctx_b: 'then HE',
        endings: [' eats  it [step]', 'sleeps', 'runs', 'sings'],
        label: '2',
      },
      asks: ['eats it ', 'sleeps', 'runs', 'sings'].map(ending => [
        'Baking: How to bake. Mix it. Then he',
        ` ${ending}`,
      ]),
      gold: 2,
    },
    {
      row: { query: 'Baking: He', choices: ['eats', 'sleeps'], gold: 1 },
      asks: [
        ['Baking: He', ' eats'],
        ['Baking: He', ' sleeps'],
      ],
      gold: 1,
    },
  ],
  winogrande: [
    {
      row: { sentence: 'Ann thanked Bo as _ had helped.', option1: 'Ann', option2: 'Bo', answer: '2' },
      asks: [
        ['Ann thanked Bo as Ann', ' had helped.'],
        ['Ann thanked Bo as Bo', ' had helped.'],
      ],
      gold: 1,
    },
  ],
  ...Object.fromEntries(
    ['arc_easy', 'arc_challenge'].map(name => [
      name,
      [
        {
          row: { question: 'What shines?', choices: school, answerKey: 'A' },
          asks: school.text.map(text => ['Question: What shines?\nAnswer:', ` ${text}`] as const),
          gold: 0,
        },
        {
          row: { question: 'What shines?', choices: school.text, gold: 1 },
          asks: school.text.map(text => ['Question: What shines?\nAnswer:', ` ${text}`] as const),
          gold: 1,
        },
      ],
    ]),
  ),
  openbookqa: [
    {
      row: { question_stem: 'What falls is', choices: school, answerKey: ' C' },
      asks: school.text.map(text => ['What falls is', ` ${text}`]),
      gold: 2,
    },
  ],
};

for (const [name, given] of Object.entries(cases))
  test(`${name} asks what the harness asks`, t => {
    const task = taskOf(name);
    for (const { row, asks, gold } of given) {
      const item = task.item(row);
      t.deepEqual(
        item.requests.map(({ context, continuation }) => [context, continuation]),
        asks.map(pair => [...pair]),
      );
      t.is(item.gold, gold);
      t.deepEqual(
        item.lengths,
        asks.map(([, continuation]) => continuation.length - 1),
      );
    }
  });

test('an answer that is none of the labels is named', t => {
  const task = taskOf('arc_easy');
  t.throws(() => task.item({ question: 'What shines?', choices: school, answerKey: '4' }), {
    message: 'has the answer "4", expected one of A, B, C',
  });
  const gap = taskOf('winogrande');
  t.throws(() => gap.item({ sentence: 'no gap', option1: 'a', option2: 'b', answer: '1' }), {
    message: /row\.sentence = "no gap"/,
  });
});
