/** Per-unit sums over the entries x of a unit and the entries v that stand for their gradient. */
export interface ProxySums {
  readonly xx: Float64Array;
  readonly vv: Float64Array;
  readonly xv: Float64Array;
  /** Entries of x. */
  readonly count: Float64Array;
}

export const proxyNames = ['magnitude', 'averageMagnitude', 'cosine', 'taylorFirst', 'taylorSecond'] as const;
export type ProxyName = (typeof proxyNames)[number];

/**
 * Which way v points. `update`: the way that training moves x; a unit that is moved against itself shrinks and is
 * redundant. `gradient`: against that way, so the cosine counts with the other sign.
 */
export type ProxyDirection = 'update' | 'gradient';

/**
 * The five proxies of OTO and HESSO (only_train_once, importance scores, read at 1797f16). `averageMagnitude` divides by
 * the size of the unit, as its name says; their code divides by the number of units.
 *
 * | proxy | formula |
 * |---|---|
 * | magnitude | ‖x‖ |
 * | averageMagnitude | ‖x‖ / n |
 * | cosine | 1 ± ⟨x, v⟩ / (‖x‖ ‖v‖), plus for an update, minus for a gradient |
 * | taylorFirst | \|⟨x, v⟩\| |
 * | taylorSecond | ½ ⟨x, v⟩² |
 */
export const proxyScores = (
  { xx, vv, xv, count }: ProxySums,
  direction: ProxyDirection,
): Record<ProxyName, Float64Array> => {
  const sign = direction === 'update' ? 1 : -1;
  return {
    magnitude: xx.map(Math.sqrt),
    averageMagnitude: xx.map((sum, unit) => Math.sqrt(sum) / count[unit]!),
    cosine: xv.map((product, unit) => (sign * product) / (Math.sqrt(xx[unit]! * vv[unit]!) || 1) + 1),
    taylorFirst: xv.map(Math.abs),
    taylorSecond: xv.map(product => (product * product) / 2),
  };
};

/** Each proxy divided by its L2 norm over all groups, weighted and summed: one score per unit and group. */
export const combineProxies = (
  groups: readonly Record<ProxyName, Float64Array>[],
  weights: Readonly<Record<ProxyName, number>>,
): Float32Array[] => {
  const norms = Object.fromEntries(
    proxyNames.map(name => {
      const square = groups.reduce(
        (sum, proxies) => sum + proxies[name].reduce((s, score) => s + score * score, 0),
        0,
      );
      return [name, Math.sqrt(1e-8 + square) + 1e-8];
    }),
  ) as Record<ProxyName, number>;
  return groups.map(proxies =>
    Float32Array.from(proxies.magnitude, (_, unit) =>
      proxyNames.reduce((sum, name) => sum + (weights[name] * proxies[name][unit]!) / norms[name], 0),
    ),
  );
};
