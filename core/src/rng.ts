/**
 * Seeded randomness. Every consumer forks its own stream by name, so that adding a consumer does not move the
 * numbers of another, and a stream can be entered again at any point of a resumed run.
 */
export interface Rng {
  /** A stream of its own, a function of the seed and of all names on the way. */
  fork(name: string | number): Rng;
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** Standard normal, by Box and Muller. */
  normal(): number;
  /** A permutation of 0..n-1, by Fisher and Yates. */
  permutation(n: number): Int32Array;
}

/** SplitMix-like 32-bit finaliser (public domain constants of MurmurHash3). */
const mix = (x: number): number => {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** A generator whose whole state is two 32-bit words. */
export const createRng = (seed: number): Rng => stream(mix(seed), mix(seed ^ 0x9e3779b9));

const stream = (key: number, other: number): Rng => {
  let counter = 0;
  const word = (): number => mix(mix(key + Math.imul(++counter, 0x9e3779b9)) ^ other);
  const rng: Rng = {
    fork(name) {
      let a = key;
      let b = other;
      for (const char of `${name}\0`) {
        a = mix(a ^ char.codePointAt(0)!);
        b = mix((b + a) | 0);
      }
      return stream(a, b);
    },
    next: () => (word() * 0x200000 + (word() >>> 11)) / 0x20000000000000,
    integer: bound => Math.floor(rng.next() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next()),
    permutation(n) {
      const order = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = rng.integer(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    },
  };
  return rng;
};
