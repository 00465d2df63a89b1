import test from 'ava';
import { combineProxies, type ProxyName, proxyNames, proxyScores } from './proxies.js';

const sums = {
  xx: Float64Array.of(25, 4, 0),
  vv: Float64Array.of(4, 0, 1),
  xv: Float64Array.of(-10, 0, 0),
  count: Float64Array.of(5, 5, 5),
};

test('each proxy is its formula', t => {
  t.deepEqual(proxyScores(sums, 'update'), {
    magnitude: Float64Array.of(5, 2, 0),
    averageMagnitude: Float64Array.of(1, 0.4, 0),
    cosine: Float64Array.of(0, 1, 1), // against the update, no update, no weight
    taylorFirst: Float64Array.of(10, 0, 0),
    taylorSecond: Float64Array.of(50, 0, 0),
  });
});

test('against the gradient is what training keeps: of all proxies only the cosine has a sign', t => {
  const { cosine: update, ...others } = proxyScores(sums, 'update');
  const { cosine: gradient, ...same } = proxyScores(sums, 'gradient');
  t.deepEqual([...update], [0, 1, 1]);
  t.deepEqual([...gradient], [2, 1, 1]);
  t.deepEqual(same, others);
});

test('proxies are brought to length 1 over all groups before they are added', t => {
  const proxies = (...values: number[]): Record<ProxyName, Float64Array> =>
    Object.fromEntries(proxyNames.map(name => [name, Float64Array.from(values)])) as never;
  const weights = Object.fromEntries(
    proxyNames.map(name => [name, { magnitude: 1, cosine: 2 }[name as string] ?? 0]),
  ) as Record<ProxyName, number>;
  const [a, b] = combineProxies([{ ...proxies(3, 0), cosine: Float64Array.of(0, 0) }, proxies(4)], weights);
  const near = (x: number, y: number): boolean => Math.abs(x - y) < 1e-6;
  t.true(near(a![0]!, 0.6) && near(a![1]!, 0) && near(b![0]!, 0.8 + 2));
});
