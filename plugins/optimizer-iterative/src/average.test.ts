import test from 'ava';
import { type Averages, asScores, averageScores } from './average.js';

test('each score counts as the decay has left it', t => {
  const scores = [Float32Array.of(4, 1), Float32Array.of(0, 2), Float32Array.of(8, -3)];
  let averages: Averages = new Map();
  for (const now of scores) averages = averageScores(averages, new Map([['g', now]]), 0.9, new Map());
  for (const unit of [0, 1]) {
    const sum = scores.reduce((total, now, i) => total + 0.1 * 0.9 ** (2 - i) * now[unit]!, 0);
    t.true(Math.abs(averages.get('g')![unit]! - sum) < 1e-12);
  }
  t.deepEqual(asScores(averages).get('g'), Float32Array.from(averages.get('g')!));
});

test('units that are gone keep none', t => {
  const scores = new Map([['g', Float32Array.of(4, 1, 2)]]);
  const before = averageScores(new Map(), scores, 0.5, new Map());
  const after = averageScores(before, scores, 0.5, new Map([['g', [0, 2]]]));
  t.deepEqual([...after.get('g')!], [0, 0.75, 0]);
  t.deepEqual([...before.get('g')!], [2, 0.5, 1], 'the former averages are not written');
});

test('without a decay, the last score is all there is', t => {
  const former = new Map([['g', Float64Array.of(100)]]);
  t.is(averageScores(former, new Map([['g', Float32Array.of(3)]]), 0, new Map()).get('g')![0], 3);
});
