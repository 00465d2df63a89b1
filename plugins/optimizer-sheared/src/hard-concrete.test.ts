import test from 'ava';
import { draw, open, openSlope, settled } from './hard-concrete.js';

const sigmoid = (x: number): number => Math.exp(x) / (1 + Math.exp(x));

/** z as the paper defines it. */
const gate = (logAlpha: number, u: number): number => {
  const s = sigmoid((Math.log(u) - Math.log(1 - u) + logAlpha) / (2 / 3));
  return Math.min(1, Math.max(0, s * (1.1 - -0.1) - 0.1));
};

const places = [-4.6, -2, -0.3, 0, 0.8, 2.4, 4.6];
/** Middles of equal parts of (0, 1). */
const grid = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => (i + 0.5) / n);

test('gates are those of the definition, cut off at 0 and 1', t => {
  let [closed, whole] = [0, 0];
  for (const logAlpha of places)
    for (const u of grid(50)) {
      const { z } = draw(logAlpha, u);
      t.true(Math.abs(z - gate(logAlpha, u)) < 1e-12);
      closed += Number(z === 0);
      whole += Number(z === 1);
    }
  t.true(closed > 50 && whole > 50);
});

test('the slope of a gate is that of central differences, and 0 where it is cut off', t => {
  const h = 1e-5;
  for (const logAlpha of places)
    for (const u of grid(49)) {
      const { z, slope } = draw(logAlpha, u);
      if (z === 0 || z === 1) t.is(slope, 0);
      else {
        const numeric = (gate(logAlpha + h, u) - gate(logAlpha - h, u)) / (2 * h);
        t.true(Math.abs(slope - numeric) < 1e-6, `${logAlpha} ${u}: ${slope} ${numeric}`);
        t.true(slope > 0);
      }
    }
});

test('P(z ≠ 0) is the share of all u whose gate is not closed', t => {
  const all = grid(20_000);
  for (const logAlpha of places) {
    const kept = all.filter(u => gate(logAlpha, u) > 0).length / all.length;
    t.true(Math.abs(open(logAlpha) - kept) < 1e-4, `${logAlpha}: ${open(logAlpha)} ${kept}`);
    // As the published code writes it.
    const coded = 1 - sigmoid((2 / 3) * Math.log(0.1 / 1.1) - logAlpha);
    t.true(Math.abs(open(logAlpha) - coded) < 1e-12);
  }
});

test('the slope of P(z ≠ 0) is that of central differences', t => {
  const h = 1e-5;
  for (const logAlpha of places) {
    const numeric = (open(logAlpha + h) - open(logAlpha - h)) / (2 * h);
    t.true(Math.abs(openSlope(logAlpha) - numeric) < 1e-9);
  }
});

test('without noise, a gate is that of u = ½ without the temperature', t => {
  for (const logAlpha of places)
    t.true(Math.abs(settled(logAlpha) - Math.min(1, Math.max(0, sigmoid(logAlpha) * 1.2 - 0.1))) < 1e-12);
  t.deepEqual([settled(-4.6), settled(4.6)], [0, 1]);
});
