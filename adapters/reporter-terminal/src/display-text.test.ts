import test from 'ava';
import { clean, displayWidth, truncate } from './display-text.js';

test('what could steer the terminal is taken out', t => {
  t.is(clean('loss\u001b[2J 2.3\r\n\u001b]0;title\u0007next\u009b31m'), 'loss 2.3 next');
});

test('wide characters take two columns, marks none', t => {
  t.is(displayWidth('模型 e\u0301'), 6);
  t.is(displayWidth('🚀'), 2);
});

test('text is cut at columns, not at characters', t => {
  t.is(truncate('training', 8), 'training');
  t.is(truncate('training', 5), 'trai…');
  t.is(truncate('模型模型', 6), '模型…');
  t.is(truncate('training', 1), '…');
  t.is(truncate('training', 0), '');
});
