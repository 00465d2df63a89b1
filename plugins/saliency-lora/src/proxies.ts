/** Per-unit sums over the unit's own rows x of W and u of B A. */
export interface ProxySums {
  readonly xx: Float64Array;
  readonly uu: Float64Array;
  readonly xu: Float64Array;
  /** Entries of x. */
  readonly count: Float64Array;
}

export const proxyNames = ['magnitude', 'averageMagnitude', 'cosine', 'taylorFirst', 'taylorSecond'] as const;
export type ProxyName = (typeof proxyNames)[number];

/**
 * The five proxies of the authors' code (only_train_once, importance scores, read at 1797f16) with B A, the update that
 * LoRA has gathered, in the place of the gradient. `averageMagnitude` divides by the size of the unit, as its name says;
 * their code divides by the number of units.
 *
 * | proxy | formula |
 * |---|---|
 * | magnitude | ‖x‖ |
 * | averageMagnitude | ‖x‖ / n |
 * | cosine | ⟨x, u⟩ / (‖x‖ ‖u‖) + 1 |
 * | taylorFirst | \|⟨x, u⟩\| |
 * | taylorSecond | ½ ⟨x, u⟩² |
 */
export const proxyScores = ({ xx, uu, xu, count }: ProxySums): Record<ProxyName, Float64Array> => ({
  magnitude: xx.map(Math.sqrt),
  averageMagnitude: xx.map((sum, unit) => Math.sqrt(sum) / count[unit]!),
  cosine: xu.map((product, unit) => product / (Math.sqrt(xx[unit]! * uu[unit]!) || 1) + 1),
  taylorFirst: xu.map(Math.abs),
  taylorSecond: xu.map(product => (product * product) / 2),
});

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
