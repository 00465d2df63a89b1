import test from 'ava';
import { chooseRate } from './choose-rate.js';

const around = (best: number) => async (rate: number) => Math.abs(Math.log(rate / best));

test('the best rate has a worse one on either side', async t => {
  t.is((await chooseRate([1, 2, 4], around(2))).rate, 2);
  const above = await chooseRate([1, 2, 4], around(16));
  t.is(above.rate, 16);
  t.deepEqual(Object.keys(above.tried), ['1', '2', '4', '8', '16', '32']);
  t.is((await chooseRate([1, 2, 4], around(0.5))).rate, 0.5);
});

test('the search ends, and a score that is no number never wins', async t => {
  const { tried } = await chooseRate([1, 2], async rate => -rate, 5);
  t.is(Object.keys(tried).length, 5);
  const runsAway = async (rate: number) => (rate > 1 ? Number.POSITIVE_INFINITY : around(0.5)(rate));
  t.is((await chooseRate([1, 2], runsAway)).rate, 0.5);
});
