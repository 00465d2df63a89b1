/** Σ a[i] b[i] of two runs of `count` numbers. Four sums at once: a single one waits for each addition. */
export const dot = (
  a: ArrayLike<number>,
  atA: number,
  b: ArrayLike<number>,
  atB: number,
  count: number,
): number => {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = count - (count % 4);
  for (let i = 0; i < whole; i += 4) {
    s0 += a[atA + i]! * b[atB + i]!;
    s1 += a[atA + i + 1]! * b[atB + i + 1]!;
    s2 += a[atA + i + 2]! * b[atB + i + 2]!;
    s3 += a[atA + i + 3]! * b[atB + i + 3]!;
  }
  for (let i = whole; i < count; i++) s0 += a[atA + i]! * b[atB + i]!;
  return s0 + s1 + (s2 + s3);
};
