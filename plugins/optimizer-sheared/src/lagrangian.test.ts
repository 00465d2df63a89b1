import test from 'ava';
import { lagrangian, targetAt } from './lagrangian.js';

const value = (s: number, target: number, linear: number, quadratic: number): number =>
  linear * (s - target) + quadratic * (s - target) * (s - target);

test('value and derivatives are those of the definition', t => {
  const h = 1e-4;
  for (const [s, target, linear, quadratic] of [
    [0.1, 0.3, 2, 5],
    [0.4, 0.3, -1.5, 0],
    [0.3, 0.3, 0.2, 7],
    [0, 0.9, -3, 11],
  ] as const) {
    const found = lagrangian(s, target, { linear, quadratic });
    const slope = (f: (x: number) => number) => (f(h) - f(-h)) / (2 * h);
    for (const [actual, expected] of [
      [found.value, value(s, target, linear, quadratic)],
      [found.bySparsity, slope(x => value(s + x, target, linear, quadratic))],
      [found.byLinear, slope(x => value(s, target, linear + x, quadratic))],
      [found.byQuadratic, slope(x => value(s, target, linear, quadratic + x))],
    ] as const)
      t.true(Math.abs(actual - expected) < 1e-9);
  }
});

test('the target rises linearly, and then stays', t => {
  t.deepEqual(
    [0, 1, 2, 3, 4, 5, 100].map(step => targetAt(step, 4, 0.5)),
    [0, 0.125, 0.25, 0.375, 0.5, 0.5, 0.5],
  );
  t.is(targetAt(0, 0, 0.5), 0.5);
});
