import { definePlugin, type RemovalGroup, SaliencyScorer, type Signals } from '@secateur/core';
import { z } from 'zod';
import { combineProxies, type ProxyName, type ProxySums, proxyScores } from './proxies.js';

export { combineProxies, type ProxyName, type ProxySums, proxyNames, proxyScores } from './proxies.js';

const weight = z.number().min(0).default(0.2);

const schema = z.strictObject({
  magnitude: weight,
  averageMagnitude: weight,
  cosine: weight,
  taylorFirst: weight,
  taylorSecond: weight,
});

/** Sums over the rows that make each unit of a group. Rows without a LoRA count in x alone. */
const sumsOf = async (group: RemovalGroup, signals: Signals): Promise<ProxySums> => {
  const zeros = (): Float64Array => new Float64Array(group.units);
  const sums = { xx: zeros(), uu: zeros(), xu: zeros(), count: zeros() };
  for (const member of group.members) {
    if (member.side !== 'own') continue;
    const rows: Float32Array[] = [];
    (await signals.weight(member.param)).forEachUnit(member, (unit, x) => {
      rows[unit] = x.slice();
      for (const value of x) sums.xx[unit]! += value * value;
      sums.count[unit]! += x.length;
    });
    (await signals.update(member.param))?.forEachUnit(member, (unit, u) => {
      u.forEach((value, i) => {
        sums.uu[unit]! += value * value;
        sums.xu[unit]! += value * rows[unit]![i]!;
      });
    });
  }
  return sums;
};

/** LoRAShear's saliency: five proxies, with B A for the gradient. Wants a warm-up, since B starts at zero. */
export const loraScorer = (weights: Readonly<Record<ProxyName, number>>): SaliencyScorer => {
  const scored = new WeakMap<Signals, Promise<Map<string, Float32Array>>>();
  const scoreAll = async (signals: Signals): Promise<Map<string, Float32Array>> => {
    const proxies = [];
    for (const group of signals.groups) proxies.push(proxyScores(await sumsOf(group, signals)));
    const scores = combineProxies(proxies, weights);
    return new Map(signals.groups.map((group, i) => [group.id, scores[i]!]));
  };
  return {
    async score(group, signals) {
      const all = scored.get(signals) ?? scoreAll(signals);
      scored.set(signals, all);
      return (await all).get(group.id)!;
    },
  };
};

export default definePlugin(
  'saliency-lora',
  (api, options) => {
    api.provide(SaliencyScorer, 'lora', loraScorer(options), 'five proxies with B A as the gradient');
  },
  schema,
);
