const BYTES = 2 ** 27;

/** The best of five copies of 128 MiB by one thread, in GB/s, what is read and what is written both counted. */
export const copyBandwidth = (): number => {
  const from = new Uint8Array(BYTES).fill(1);
  const to = new Uint8Array(BYTES);
  let best = Number.POSITIVE_INFINITY;
  for (let copy = 0; copy <= 5; copy++) {
    const start = performance.now();
    to.set(from);
    // The first touches the pages.
    if (copy > 0) best = Math.min(best, performance.now() - start);
  }
  return (2 * BYTES) / best / 1e6;
};
