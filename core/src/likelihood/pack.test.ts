import test from 'ava';
import { pack } from './pack.js';

test('the longest come first, and each goes where there is room', t => {
  t.deepEqual(pack([3, 8, 5, 2, 2], 8, 100), [
    { sequence: 8, members: [1] },
    { sequence: 8, members: [2, 0] },
    { sequence: 8, members: [3, 4] },
  ]);
});

test('a sequence grows until its longest member fits, up to the most', t => {
  t.deepEqual(pack([30, 9, 3], 8, 100), [
    { sequence: 32, members: [0] },
    { sequence: 12, members: [1, 2] },
  ]);
  t.deepEqual(
    [8, 9, 12, 13, 16, 17, 24, 25, 32, 33].map(length => pack([length], 8, 100)[0]!.sequence),
    [8, 12, 12, 16, 16, 24, 24, 32, 32, 48],
  );
  t.deepEqual(pack([20, 9], 8, 22), [
    { sequence: 22, members: [0] },
    { sequence: 12, members: [1] },
  ]);
  t.deepEqual(pack([4], 8, 6), [{ sequence: 6, members: [0] }]);
});

test('nothing needs no sequence', t => {
  t.deepEqual(pack([], 8, 8), []);
});

test('nothing is lost, and no sequence holds more than it has', t => {
  const lengths = Array.from({ length: 200 }, (_, i) => 1 + ((i * 37) % 90));
  const packs = pack(lengths, 64, 128);
  t.deepEqual(
    packs.flatMap(({ members }) => members).sort((a, b) => a - b),
    [...lengths.keys()],
  );
  for (const { sequence, members } of packs)
    t.true(members.reduce((sum, i) => sum + lengths[i]!, 0) <= sequence);
});
