import { createRng, type SourceData } from '@secateur/core';
import test from 'ava';
import { apportion, hasConverged, readHeads, roundSteps, shuffled } from './rounds.js';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

test('shares become whole counts, the largest remainders are rounded up', t => {
  t.deepEqual(apportion([0.5, 0.3, 0.2], 10), [5, 3, 2]);
  t.deepEqual(apportion([0.5, 0.3, 0.2], 7), [4, 2, 1]); // 3.5, 2.1, 1.4
  t.deepEqual(apportion([0.15, 0.15, 0.7], 6), [1, 1, 4]); // 0.9, 0.9, 4.2
  t.deepEqual(apportion([0, 1], 3), [0, 3]);
  t.deepEqual(apportion([0.29, 0.71], 100), [29, 71]); // 0.29 · 100 is a little less than 29
});

test('of equal remainders the first counts', t => {
  t.deepEqual(apportion([0.5, 0.5], 3), [2, 1]);
  t.deepEqual(apportion([1 / 3, 1 / 3, 1 / 3], 2), [1, 1, 0]);
});

test('counts add up, and none is a whole sequence off', t => {
  const rng = createRng(1);
  for (let trial = 0; trial < 200; trial++) {
    const raw = Array.from({ length: 1 + rng.integer(6) }, () => rng.next());
    const weights = raw.map(weight => weight / sum(raw));
    const count = rng.integer(50);
    const counts = apportion(weights, count);
    t.is(sum(counts), count);
    t.true(counts.every((n, i) => Math.abs(n - weights[i]! * count) < 1));
  }
});

test('losses have converged when the best of them is `patience` rounds old', t => {
  t.false(hasConverged([], 1, 0));
  t.false(hasConverged([3], 1, 0));
  t.false(hasConverged([3, 2], 1, 0));
  t.true(hasConverged([3, 2, 2], 1, 0));
  t.false(hasConverged([3, 2, 2], 2, 0));
  t.true(hasConverged([3, 2, 4, 3], 2, 0));
  t.false(hasConverged([3, 2, 4, 1], 2, 0));
});

test('a fall within the tolerance is no progress, but small falls add up', t => {
  t.true(hasConverged([1, 0.995], 1, 0.01));
  t.false(hasConverged([1, 0.995], 1, 0.001));
  t.false(hasConverged([1, 0.995, 0.989], 2, 0.01));
});

test('without patience losses never converge', t => {
  t.false(hasConverged([1, 2, 3, 4, 5, 6], 0, 0));
});

test('rounds spend all steps, the first ones the remainder', t => {
  const split = (steps: number, rounds: number): number[] =>
    Array.from({ length: rounds }, (_, round) => roundSteps(steps, rounds, round));
  t.deepEqual(split(12, 4), [3, 3, 3, 3]);
  t.deepEqual(split(14, 4), [4, 4, 3, 3]);
  t.deepEqual(split(2, 4), [1, 1, 0, 0]);
  for (let steps = 0; steps < 30; steps++)
    for (let rounds = 1; rounds < 8; rounds++) t.is(sum(split(steps, rounds)), steps);
});

test('the order holds each source as often as counted, and is a function of the seed', t => {
  const counts = [5, 0, 7];
  const order = (seed: number): number[] => shuffled(counts, createRng(seed));
  const sorted = (list: readonly number[]): number[] => list.toSorted((a, b) => a - b);
  t.deepEqual(sorted(order(1)), [0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2]);
  t.notDeepEqual(order(1), sorted(order(1)));
  t.deepEqual(order(1), order(1));
  t.notDeepEqual(order(1), order(2));
});

test('each source is read on from where the last round left it', t => {
  const sources = ['a', 'b', 'c'].map(name => ({ name }) as SourceData);
  t.deepEqual(readHeads([0, 2, 0, 1, 0], sources, { a: 5, c: 1 }), [5, 1, 6, 0, 7]);
  t.deepEqual(readHeads([], sources, { a: 5 }), []);
});
