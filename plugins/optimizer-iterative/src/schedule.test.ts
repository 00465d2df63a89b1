import test from 'ava';
import { iterativeOptions } from './options.js';
import { budgetAt, planClosings } from './schedule.js';

const plan = (total: number, options: Parameters<typeof iterativeOptions.parse>[0] = {}) =>
  planClosings(total, iterativeOptions.parse(options));

test('closings lie between warm-up and cool-down, every so many steps', t => {
  const { steps, closings } = plan(400, { share: 0.5, warmup: 0.1, cooldown: 0.2, frequency: 30 });
  t.is(steps, 200);
  t.deepEqual(
    closings.map(({ step }) => step),
    [20, 50, 80, 110, 140, 160],
  );
});

test('the budget follows r_f + (r_0 − r_f) (1 − progress)³', t => {
  for (const [final, initial] of [
    [0.2, 0],
    [0.5, 0.1],
  ] as const) {
    const { closings } = plan(400, { warmup: 0.1, cooldown: 0.1, frequency: 7, initial: initial / final });
    for (const { step, budget } of closings) {
      const progress = (step - 20) / (180 - 20);
      const ratio = final + (initial - final) * (1 - progress) ** 3;
      t.true(Math.abs(budget * final - ratio) < 1e-12, `${step}`);
    }
    t.is(closings.at(-1)!.budget, 1);
    t.true(Math.abs(closings[0]!.budget - initial / final) < 1e-12);
  }
});

test('most of the budget is taken early', t => {
  t.is(budgetAt(0.5, 0), 0.875);
  t.is(budgetAt(0.5, 0.2), 0.9);
});

test('however few steps there are, all of the budget is taken once, before the last one', t => {
  for (const total of [1, 2, 3, 5, 30])
    for (const share of [0.01, 0.5, 0.95])
      for (const warmup of [0, 0.5, 0.9])
        for (const cooldown of [0, 0.5, 0.9])
          for (const frequency of [1, 10]) {
            const { steps, closings } = plan(total, { share, warmup, cooldown, frequency });
            const places = closings.map(({ step }) => step);
            t.true(steps >= 1 && places.length >= 1);
            t.true(
              places.every((step, i) => step >= 0 && step < steps && (i === 0 || step > places[i - 1]!)),
            );
            t.is(closings.filter(({ budget }) => budget === 1).length, 1);
            t.is(closings.at(-1)!.budget, 1);
          }
});
