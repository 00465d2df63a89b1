/**
 * The hard-concrete distribution (arXiv 1712.01312), as Sheared-LLaMA has it: a binary gate that can be differentiated.
 * With u uniform in (0, 1):
 *
 *     s = sigmoid((log u − log(1 − u) + log α) / β),   z = min(1, max(0, s (r − l) + l))
 */
const BETA = 2 / 3;
const LEFT = -0.1;
const RIGHT = 1.1;

/** log α lies in ±log 100 once it is trained. */
export const BOUND = Math.log(100);

/** A gate, with d z / d log α. */
export interface Drawn {
  readonly z: number;
  readonly slope: number;
}

/** The gate for one u. Where z is cut off at 0 or 1, its slope is 0. */
export const draw = (logAlpha: number, u: number): Drawn => {
  const s = sigmoid((Math.log(u) - Math.log1p(-u) + logAlpha) / BETA);
  const z = s * (RIGHT - LEFT) + LEFT;
  if (z <= 0 || z >= 1) return { z: z <= 0 ? 0 : 1, slope: 0 };
  return { z, slope: ((RIGHT - LEFT) * s * (1 - s)) / BETA };
};

/** P(z ≠ 0) = sigmoid(log α − β log(−l / r)): the probability that the unit stays. */
export const open = (logAlpha: number): number => sigmoid(logAlpha - BETA * Math.log(-LEFT / RIGHT));

/** d P(z ≠ 0) / d log α. */
export const openSlope = (logAlpha: number): number => open(logAlpha) * (1 - open(logAlpha));

/** The gate without noise, for what is measured: min(1, max(0, sigmoid(log α) (r − l) + l)). */
export const settled = (logAlpha: number): number =>
  Math.min(1, Math.max(0, sigmoid(logAlpha) * (RIGHT - LEFT) + LEFT));

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
