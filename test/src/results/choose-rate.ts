/**
 * The learning rate with the lowest score. While the best one lies at the edge of what was tried, the next one, twice or
 * half as large, is tried too, so that no row stands in the table with a rate that was only the nearest at hand.
 */
export const chooseRate = async (
  rates: readonly number[],
  score: (rate: number) => Promise<number>,
  limit = 8,
): Promise<{ readonly rate: number; readonly tried: Readonly<Record<string, number>> }> => {
  const tried = new Map<number, number>();
  for (const rate of rates) tried.set(rate, await score(rate));
  for (;;) {
    const sorted = [...tried.keys()].sort((a, b) => a - b);
    const best = sorted.reduce((a, b) => (tried.get(b)! < tried.get(a)! ? b : a));
    const next = best === sorted.at(-1) ? 2 * best : best === sorted[0] ? best / 2 : undefined;
    if (next === undefined || tried.size >= limit) return { rate: best, tried: Object.fromEntries(tried) };
    tried.set(next, await score(next));
  }
};
