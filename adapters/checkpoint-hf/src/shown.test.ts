import test from 'ava';
import { shown, shownValue } from './shown.js';

test('pieces of a file are bearable in a message', t => {
  t.is(shown('model.norm.weight'), 'model.norm.weight');
  t.is(shown('a\u001b[31m\nb\u202e'), 'a\ufffd[31m\ufffdb\ufffd');
  t.is(shown('x'.repeat(101)), `${'x'.repeat(99)}…`);
  t.is(shownValue([1, '\n']), '[1,"\\n"]');
  t.is(shownValue(undefined), 'undefined');
});
