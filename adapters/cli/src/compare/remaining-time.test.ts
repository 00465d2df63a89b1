import test from 'ava';
import { RemainingTime } from './remaining-time.js';

test('what is left follows cells of the same preset, else all', t => {
  const remaining = new RemainingTime();
  t.is(remaining.left('a', 5, ['a']), undefined);
  remaining.add('a', 10);
  remaining.add('a', 20);
  t.is(remaining.left('a', 5, []), 10);
  t.is(remaining.left('a', 100, ['a']), 15);
  remaining.add('b', 60);
  t.is(remaining.left('b', 0, ['a', 'c']), 60 + 15 + 30);
});
