import {
  allowedCounts,
  createRng,
  type RemovalGroup,
  type SelectionLimits,
  type UnitKind,
} from '@secateur/core';
import test from 'ava';
import { type Counts, costOfCounts, Moves, type Slot } from './moves.js';

const limits: SelectionLimits = { ranking: 'kind', rounding: 1, minKvHeads: 1, minChannels: 1 };
const slot = (kind: UnitKind, units: number, unitCost: number, own = limits, gone = 0): Slot => {
  const group = { id: kind, kind, units, unitCost } as RemovalGroup;
  return { group, counts: allowedCounts(group, gone, own) };
};

test('a level is a sixteenth of the units, and goes from one group to another of its kind', t => {
  const moves = new Moves([slot('channel', 64, 3), slot('channel', 64, 3)], limits, 60, [10, 10]);
  t.deepEqual(moves.move([10, 10], 0, 1), [14, 6]);
  t.deepEqual(moves.move([10, 10], 1, 0), [6, 14]);
  t.is(moves.move([20, 0], 0, 1), undefined, 'nothing is left to give back');
});

test('between kinds as many parameters move, at least one of the coarser units', t => {
  // 4 levels of 3 channels are as much as a head.
  const slots = [slot('kv-head', 4, 12), slot('channel', 16, 3)];
  const moves = new Moves(slots, limits, 12 + 15, [1, 5]);
  t.deepEqual(moves.move([1, 5], 0, 1), [2, 1]);
  t.deepEqual(moves.move([1, 5], 1, 0), [0, 9]);
});

test('a move that would miss the budget by more than half of the finest step is none', t => {
  // Of the finer heads only 2 may go: 16 for a head of 13 and one of 8.
  const slots = [slot('kv-head', 4, 13), slot('query-head', 3, 8)];
  t.is(new Moves(slots, limits, 21, [1, 1]).move([1, 1], 1, 0), undefined);
  t.deepEqual(new Moves(slots, limits, 20, [1, 1]).move([1, 1], 1, 0), [0, 2]);
  t.deepEqual(new Moves(slots, limits, 21, [2, 0]).move([1, 1], 1, 0), [0, 2], 'the start misses 5 too');
});

test('of any sizes: mutants are allowed and hold the budget as near as the start, or to half of the finest step', t => {
  let moved = 0;
  for (let seed = 0; seed < 200; seed++) {
    const rng = createRng(seed);
    const own = { ...limits, rounding: 1 + rng.integer(4), minChannels: 1 + rng.integer(5) };
    const slots = [
      ...Array.from({ length: 3 }, () =>
        slot('kv-head', 3 + rng.integer(6), 40 + rng.integer(60), own, rng.integer(2)),
      ),
      ...Array.from({ length: 3 }, () => slot('channel', 20 + rng.integer(60), 1 + rng.integer(9), own)),
    ];
    const start = slots.map(({ counts }) => counts[rng.integer(counts.length)]!);
    const steps = slots.map(({ group }) => (group.kind === 'channel' ? own.rounding : 1) * group.unitCost);
    const quota = costOfCounts(slots, start) + 2 * (rng.next() - 0.5) * Math.max(...steps);
    const miss = (counts: readonly number[]): number => Math.abs(costOfCounts(slots, counts) - quota);
    const moves = new Moves(slots, own, quota, start);
    let counts: Counts = start;
    for (let i = 0; i < 20; i++) {
      const mutant = moves.mutant(counts, rng.fork(i));
      for (const [at, count] of mutant.entries()) t.true(slots[at]!.counts.includes(count), `seed ${seed}`);
      t.true(miss(mutant) <= Math.max(miss(start), Math.min(...steps) / 2), `seed ${seed}`);
      if (String(mutant) !== String(counts)) moved++;
      counts = mutant;
    }
  }
  t.true(moved > 2000, `${moved} of 4000 mutants differ`);
});

test('one group has nowhere to move', t => {
  t.deepEqual(new Moves([slot('channel', 16, 1)], limits, 4, [4]).mutant([4], createRng(1)), [4]);
});
