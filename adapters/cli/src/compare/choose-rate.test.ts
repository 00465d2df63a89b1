import test from 'ava';
import { handMade, recovering } from './cell.test.data.js';
import { chooseRate } from './choose-rate.js';

const failed = (rate: number) => ({
  preset: 'magnitude',
  ratio: 0.25,
  seed: 7,
  rate,
  failed: { code: 'E_NUMERICS', message: 'the loss is NaN' },
});

test('the lowest tuning loss decides, whatever validation says', t => {
  const cells = [
    recovering(10, { rate: 0.004, tuningLoss: 2.2 }),
    recovering(30, { rate: 0.002, tuningLoss: 2.1 }),
    recovering(20, { rate: 0.001, tuningLoss: 2.3 }),
  ];
  t.deepEqual(chooseRate(cells), {
    rate: 0.002,
    tried: { 0.001: 2.3, 0.002: 2.1, 0.004: 2.2 },
    atEdge: false,
  });
});

test('the lower of equals; the edge is told; one that ran away is never the best', t => {
  const [a, b] = [handMade({ rate: 0.002 }), handMade({ rate: 0.001 })];
  t.like(chooseRate([a, b]), { rate: 0.001, atEdge: true });
  t.like(chooseRate([b]), { rate: 0.001, atEdge: false });
  t.deepEqual(chooseRate([failed(0.004), a]), {
    rate: 0.002,
    tried: { 0.002: 2, 0.004: null },
    atEdge: true,
  });
  t.is(chooseRate([failed(0.004)]), undefined);
});
