import type { Member, RemovalGroup } from '../domain/removal-group.js';
import type { SaliencyScorer, SignalName, Signals, UnitWeights } from '../ports/saliency.js';
import {
  combineProxies,
  type ProxyDirection,
  type ProxyName,
  type ProxySums,
  proxyScores,
} from './proxies.js';

export interface ProxyScorerOptions {
  readonly weights: Readonly<Record<ProxyName, number>>;
  readonly needs?: readonly SignalName[];
  /** Sides of the members whose entries make up x. */
  readonly sides: readonly Member['side'][];
  readonly direction: ProxyDirection;
  /** v over a base weight; undefined where there is none, then its entries count in x alone. */
  surrogate(signals: Signals, param: string): Promise<UnitWeights | undefined>;
}

/** The weighted sum of the five proxies, each normalised over all groups: x of the base weights, v of what is given. */
export const proxyScorer = ({ weights, needs, direction, ...of }: ProxyScorerOptions): SaliencyScorer => {
  const scored = new WeakMap<Signals, Promise<Map<string, Float32Array>>>();
  const scoreAll = async (signals: Signals): Promise<Map<string, Float32Array>> => {
    const proxies = [];
    for (const group of signals.groups)
      proxies.push(proxyScores(await sumsOf(group, signals, of), direction));
    const scores = combineProxies(proxies, weights);
    return new Map(signals.groups.map((group, i) => [group.id, scores[i]!]));
  };
  return {
    ...(needs ? { needs } : {}),
    async score(group, signals) {
      const all = scored.get(signals) ?? scoreAll(signals);
      scored.set(signals, all);
      return (await all).get(group.id)!;
    },
  };
};

const sumsOf = async (
  group: RemovalGroup,
  signals: Signals,
  { sides, surrogate }: Pick<ProxyScorerOptions, 'sides' | 'surrogate'>,
): Promise<ProxySums> => {
  const zeros = (): Float64Array => new Float64Array(group.units);
  const sums = { xx: zeros(), vv: zeros(), xv: zeros(), count: zeros() };
  for (const member of group.members) {
    if (!sides.includes(member.side)) continue;
    const entries: Float32Array[] = [];
    (await signals.weight(member.param)).forEachUnit(member, (unit, x) => {
      entries[unit] = x.slice();
      for (const value of x) sums.xx[unit]! += value * value;
      sums.count[unit]! += x.length;
    });
    (await surrogate(signals, member.param))?.forEachUnit(member, (unit, v) => {
      v.forEach((value, i) => {
        sums.vv[unit]! += value * value;
        sums.xv[unit]! += value * entries[unit]![i]!;
      });
    });
  }
  return sums;
};
