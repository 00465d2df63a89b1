import test from 'ava';
import { intervalOf } from './interval.js';

/** ∫ (1 + x²/ν)^(−(ν+1)/2) from 0 to b by Simpson's rule: the density of Student's t without its constant. */
const area = (nu: number, b: number, pieces = 4000): number => {
  const f = (x: number): number => (1 + (x * x) / nu) ** (-(nu + 1) / 2);
  const h = b / pieces;
  let sum = f(0) + f(b);
  for (let i = 1; i < pieces; i++) sum += (i % 2 === 1 ? 4 : 2) * f(i * h);
  return (sum * h) / 3;
};

/** The whole half-line, by x = tan θ, where the integrand is smooth and bounded. */
const halfLine = (nu: number): number => {
  const pieces = 4000;
  const h = Math.PI / 2 / pieces;
  const g = (theta: number): number => {
    const [c, s] = [Math.cos(theta), Math.sin(theta)];
    // (1 + tan²/ν)^(−(ν+1)/2) / cos²  =  cos^(ν−1) · (cos² + sin²/ν)^(−(ν+1)/2)
    return c ** (nu - 1) * (c * c + (s * s) / nu) ** (-(nu + 1) / 2);
  };
  let sum = g(0) + g(Math.PI / 2);
  for (let i = 1; i < pieces; i++) sum += (i % 2 === 1 ? 4 : 2) * g(i * h);
  return (sum * h) / 3;
};

/** The t that 95 % lie within ± of, by bisection on the integral of the density. */
const quantile = (nu: number): number => {
  const all = halfLine(nu);
  let [low, high] = [0, 20];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (area(nu, middle) / all < 0.95) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

test('the half-width is t s / √n, with t from integrating the density', t => {
  for (const values of [
    [3, 5],
    [1, 2, 6],
    [4, 4.5, 5, 4.2],
    [9, 1, 5, 5, 7, 2],
  ]) {
    const n = values.length;
    const mean = values.reduce((sum, x) => sum + x, 0) / n;
    // The sample variance as the mean squared difference of all pairs, halved.
    let pairs = 0;
    for (const a of values) for (const b of values) pairs += (a - b) ** 2;
    const variance = pairs / (2 * n * (n - 1));
    const expected = quantile(n - 1) * Math.sqrt(variance / n);
    const found = intervalOf(values);
    t.is(found.mean, mean);
    t.true(Math.abs(found.half! / expected - 1) < 1e-8, `${found.half} against ${expected}`);
  }
});

test('two values: the quantile of one degree of freedom has a closed form, tan(0.475 π)', t => {
  const { half } = intervalOf([3, 5]);
  t.true(Math.abs(half! - Math.tan(0.475 * Math.PI)) < 1e-9);
});

test('one value has no interval, equal ones have none to speak of', t => {
  t.deepEqual(intervalOf([4]), { mean: 4, half: null });
  t.deepEqual(intervalOf([4, 4, 4]), { mean: 4, half: 0 });
});
