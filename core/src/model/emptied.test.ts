import test from 'ava';
import { openTinyModel } from '../testing/tiny-model.js';
import { emptied, emptiedLayers, withoutEmptiedBiases } from './emptied.js';

const model = await openTinyModel();
const { groups } = model;
const idOf = (layer: number, kind: string): string =>
  groups.find(group => group.layer === layer && group.kind === kind)!.id;
const all = (id: string): readonly [string, readonly number[]] => [
  id,
  [...Array(groups.find(group => group.id === id)!.units).keys()],
];

test('a group is emptied when no unit is left, a layer when all of its parts are', t => {
  const [heads, channels] = [idOf(1, 'kv-head'), idOf(1, 'channel')];
  const part = new Map([all(channels), [heads, [0]] as const]);
  t.deepEqual(
    emptied(groups, part).map(({ id }) => id),
    [channels],
  );
  t.deepEqual([...emptiedLayers(groups, part)], []);
  const whole = new Map([all(heads), all(channels), [idOf(0, 'channel'), [1]] as const]);
  t.deepEqual([...emptiedLayers(groups, whole)], [1]);
});

test('a part that is left is not missed by looking at candidates alone', t => {
  const removed = new Map([all(idOf(1, 'channel'))]);
  t.deepEqual([...emptiedLayers(groups, removed)], []);
});

test('without biases there is nothing to close', t => {
  t.is(withoutEmptiedBiases(model, new Map([all(idOf(0, 'channel'))])), model);
});
