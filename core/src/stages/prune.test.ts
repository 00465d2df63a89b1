import test from 'ava';
import type { Selection } from '../domain/removal-group.js';
import { Allocation } from '../ports/allocation.js';
import { executeRun } from '../run.js';
import { fill, tinySession } from '../testing/tiny-session.js';

test('an allocation says how many units go, and measures losses on as many sequences as it asks for', async t => {
  const losses: number[] = [];
  const channels = 'model.layers.1.mlp#channel';
  const session = tinySession({ calibration: { sequences: 4 } }, [
    fill(Allocation, {
      async allocate({ loss, sequences }) {
        const none: Selection = new Map();
        t.is(sequences, 4);
        losses.push(await loss(none), await loss(none, 4), await loss(none, 2), await loss(none, 1));
        losses.push(await loss(new Map([[channels, [0, 1, 2]]])));
        return new Map([[channels, 2]]);
      },
    }),
  ]);
  const { removedUnits } = await executeRun(session);
  t.deepEqual(Object.keys(removedUnits), [channels]);
  t.is(removedUnits[channels]!.length, 2);
  const [all, four, two, one, closed] = losses as [number, number, number, number, number];
  t.is(four, all);
  t.is(new Set([all, two, one, closed]).size, 4, 'fewer sequences and closed units have other losses');
});
