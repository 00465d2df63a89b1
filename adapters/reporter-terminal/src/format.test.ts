import test from 'ava';
import { clockTime, count, duration, memorySize, percentage, rate } from './format.js';

test('times', t => {
  t.deepEqual([0, 41.2, 59.6, 200, 3723].map(clockTime), ['0:00', '0:41', '1:00', '3:20', '1:02:03']);
  t.deepEqual([0, 3.24, 9.96, 59.4, 59.6, 200, 3599.7, 3600, 3720, 86_340].map(duration), [
    '0.0 s',
    '3.2 s',
    '10 s',
    '59 s',
    '1 min 00 s',
    '3 min 20 s',
    '1 h 00 min',
    '1 h 00 min',
    '1 h 02 min',
    '23 h 59 min',
  ]);
});

test('sizes, counts and shares', t => {
  t.deepEqual([0, 432_013_312, 6_012_954_214].map(memorySize), ['0 MiB', '412 MiB', '5.6 GiB']);
  t.deepEqual([124, 81_920].map(count), ['124', '81,920']);
  t.deepEqual(
    [
      percentage(0, 3),
      percentage(1, 3),
      percentage(199, 200),
      percentage(3, 3),
      percentage(5, 3),
      percentage(29, 100),
    ],
    ['0%', '33%', '99%', '100%', '100%', '29%'],
  );
});

test('rates take the unit of time that leaves a number to read', t => {
  t.deepEqual(
    [1240, 12.6, 3.14, 0.1, 0.07, 0.001].map(perSecond => rate(perSecond, 'steps')),
    ['1,240 steps/s', '13 steps/s', '3.1 steps/s', '0.1 steps/s', '4.2 steps/min', '3.6 steps/h'],
  );
});
