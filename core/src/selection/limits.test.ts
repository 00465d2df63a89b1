import test from 'ava';
import type { RemovalGroup, UnitKind } from '../domain/removal-group.js';
import { allowedCounts, type SelectionLimits } from './limits.js';

const limits: SelectionLimits = { ranking: 'kind', rounding: 4, minKvHeads: 2, minChannels: 5 };
const group = (kind: UnitKind, units: number) => ({ id: kind, kind, units }) as RemovalGroup;

test('what is kept of a cut group is a multiple of the rounding, and no less than the floor', t => {
  // Kept: 18, 16, 12, 8; 4 would be below the floor of 5.
  t.deepEqual(allowedCounts(group('channel', 18), 0, limits), [0, 2, 6, 10]);
  t.deepEqual(allowedCounts(group('kv-head', 4), 0, limits), [0, 1, 2]);
});

test('what is gone stays gone, whatever the limits would say', t => {
  t.deepEqual(allowedCounts(group('channel', 18), 3, limits), [3, 6, 10]);
  t.deepEqual(allowedCounts(group('kv-head', 4), 3, limits), [3]);
  t.deepEqual(allowedCounts(group('kv-head', 4), 4, limits), [4]);
});
