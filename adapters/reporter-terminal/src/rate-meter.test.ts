import test from 'ava';
import { RateMeter } from './rate-meter.js';

test('a steady pace has that rate from the second observation on, and the ETA that follows', t => {
  const meter = new RateMeter(0, 0);
  t.is(meter.rate, undefined);
  t.is(meter.eta(100, 0), undefined);
  for (let second = 1; second <= 10; second++) meter.observe(4 * second, 1000 * second);
  t.true(Math.abs(meter.rate! - 4) < 1e-12);
  t.true(Math.abs(meter.eta(100, 10_000)! - 15) < 1e-9);
});

test('the ETA counts down between observations and stops at zero', t => {
  const meter = new RateMeter(0, 0);
  meter.observe(10, 1000);
  t.is(meter.eta(60, 1000), 5);
  t.is(meter.eta(60, 4000), 2);
  t.is(meter.eta(60, 9000), 0);
});

test('work done before the first observation, as after a resume, does not count', t => {
  const meter = new RateMeter(900, 0);
  meter.observe(910, 10_000);
  t.is(meter.rate, 1);
  t.is(meter.eta(1000, 10_000), 90);
});

test('the rate moves to a new pace within the memory of 30 s, without jumping', t => {
  const meter = new RateMeter(0, 0);
  for (let second = 1; second <= 60; second++) meter.observe(10 * second, 1000 * second);
  meter.observe(601, 61_000);
  t.true(meter.rate! > 9.5, 'one slow second changes little');
  for (let second = 2; second <= 120; second++) meter.observe(600 + second, 1000 * (60 + second));
  t.true(meter.rate! > 1 && meter.rate! < 1.2, `${meter.rate}`);
});

test('observations at one instant add up', t => {
  const meter = new RateMeter(0, 0);
  meter.observe(1, 0);
  t.is(meter.rate, undefined);
  meter.observe(2, 0);
  meter.observe(3, 1000);
  t.true(Math.abs(meter.rate! - 3) < 0.1);
});

test('work that goes back starts afresh', t => {
  const meter = new RateMeter(0, 0);
  meter.observe(100, 1000);
  meter.observe(0, 2000);
  t.is(meter.rate, undefined);
  meter.observe(2, 3000);
  t.is(meter.rate, 2);
});
