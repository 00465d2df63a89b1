/** What is used of it: its own types are not found through its `exports`. */
declare module 'cephes' {
  /** Settles once the functions can be called. */
  export const compiled: Promise<void>;
  /** The probability of at most `k` successes in `n` trials that each succeed with probability `p`. */
  export const bdtr: (k: number, n: number, p: number) => number;
  /** The quantile of Student's t with `k` degrees of freedom at probability `p`. */
  export const stdtri: (k: number, p: number) => number;
}
