import test from 'ava';
import { choiceBy, meanOf } from './grade.js';

test('acc takes the highest log-likelihood, acc_norm the highest per character', t => {
  const item = { lengths: [1, 10] };
  t.is(choiceBy('acc', [-2, -4], item), 0);
  t.is(choiceBy('acc_norm', [-2, -4], item), 1);
});

test('of equal choices the first is taken', t => {
  t.is(choiceBy('acc', [-3, -2, -2], { lengths: [1, 1, 1] }), 1);
  t.is(choiceBy('acc_norm', [-2, -4, -6], { lengths: [1, 2, 3] }), 0);
});

test('the standard error is that of a mean of zeros and ones', t => {
  const right = [true, false, true, true, false];
  const mean = 3 / 5;
  const squares = right.reduce((sum, one) => sum + (Number(one) - mean) ** 2, 0);
  t.is(meanOf(right).value, mean);
  t.true(Math.abs(meanOf(right).standardError - Math.sqrt(squares / 4) / Math.sqrt(5)) < 1e-15);
  t.is(meanOf([true, true]).standardError, 0);
  t.true(Number.isNaN(meanOf([true]).standardError));
});
