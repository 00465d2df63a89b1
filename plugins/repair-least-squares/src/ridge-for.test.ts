import { createRng } from '@secateur/core';
import test from 'ava';
import { absorb, ridgeFor } from './index.js';

test('columns per token, and no less than keeps a matrix positive definite', t => {
  t.is(ridgeFor(30, 100), 0.3);
  t.is(ridgeFor(300, 100), 3);
  t.is(ridgeFor(30, 1e6), 1e-3);
});

/** Mean squared error on text that the repair has not seen, of one output that lost half of what it follows from. */
const errorWith = (tokens: number, ridgeOf: (columns: number, tokens: number) => number): number => {
  const [columns, draws, seen] = [24, 40, createRng(7)];
  let sum = 0;
  for (let draw = 0; draw < draws; draw++) {
    const truth = Array.from({ length: columns }, () => seen.normal() / Math.sqrt(columns));
    const token = (): number[] => {
      const x = truth.map(() => seen.normal());
      return [...x, x.reduce((all, value, j) => all + value * truth[j]!, 0) + seen.normal()];
    };
    const into = columns + 1;
    const gram = new Float64Array(into * into);
    for (let t = 0; t < tokens; t++) {
      const x = token();
      for (let i = 0; i < into; i++) for (let j = 0; j < into; j++) gram[i * into + j]! += x[i]! * x[j]!;
    }
    const weight = new Float64Array(into).fill(1, columns);
    const kept = truth.map((_, j) => j);
    const ridge = ridgeOf(columns, tokens);
    const gain = absorb(weight, { out: 1, into, gram, removed: [columns], kept, ridge });
    for (let t = 0; t < 50; t++) {
      const x = token();
      const error = x[columns]! - kept.reduce((all, j) => all + gain[j]! * x[j]!, 0);
      sum += error ** 2 / (50 * draws);
    }
  }
  return sum;
};

test('where tokens are few, new text is reproduced better than with a ridge that is small', t => {
  const [auto, small] = [errorWith(36, ridgeFor), errorWith(36, () => 1e-3)];
  t.true(auto < 0.75 * small, `${auto} ${small}`);
});

test('where tokens are many, it is as good', t => {
  const [auto, small] = [errorWith(2400, ridgeFor), errorWith(2400, () => 1e-3)];
  t.true(Math.abs(auto - small) < 0.005 * small, `${auto} ${small}`);
});
