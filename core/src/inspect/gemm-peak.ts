import { GraphBuilder } from '../graph/builder.js';
import { matMul } from '../graph/ops/mat-mul.js';
import type { Engine } from '../ports/engine.js';

const n = 1024;

export interface GemmPeakOptions {
  /** Products of 1024 × 1024 matrices in one burst: enough to hide what a run costs beside them. Default 32. */
  readonly products?: number;
  /** The best of so many bursts counts, after one that is not counted. Default 5. */
  readonly bursts?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** The best rate of chains of float32 matrix products, in GFLOPS: what no graph of the engine can beat for long. */
export const gemmPeak = async (
  engine: Engine,
  { products = 32, bursts = 5, onProgress }: GemmPeakOptions = {},
): Promise<number> => {
  const g = new GraphBuilder();
  const w = g.input('w', [n, n]);
  let x = g.input('x', [n, n]);
  for (let i = 0; i < products; i++) x = matMul(g, x, w);
  g.output('y', x);
  const executable = await engine.compile(g.build());
  // Entries of ±1/√n keep the products near the size of x.
  const signs = Float32Array.from(
    { length: n * n },
    (_, i) => (Math.imul(i, 0x9e3779b1) & 0x10000 ? 1 : -1) / Math.sqrt(n),
  );
  const feeds = { x: { shape: [n, n], data: signs }, w: { shape: [n, n], data: signs } };
  let best = Number.POSITIVE_INFINITY;
  for (let burst = 0; burst <= bursts; burst++) {
    onProgress?.(burst, bursts + 1);
    const start = performance.now();
    await executable.run(feeds);
    if (burst > 0) best = Math.min(best, performance.now() - start);
  }
  await executable.release();
  return (products * 2 * n ** 3) / best / 1e6;
};
