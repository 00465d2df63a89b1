import type { ResolvedConfig } from './schema.js';

/** Defaults that depend on nothing. `evaluate.chunk`, `train.microBatch` and `out` are derived in resolve.ts. */
export const defaults = {
  seed: 0,
  device: 'cpu',
  stream: 'auto',
  // The plain cross-entropy, even where one objective is installed.
  use: { objective: 'none' },
  text: {},
  prune: {
    ratio: 0.2,
    of: 'blocks',
    kinds: ['kv-head', 'channel'],
    protect: [],
    ranking: 'kind',
    rounding: 1,
    minKvHeads: 1,
    minChannels: 8,
  },
  train: {
    tokens: 250_000,
    batch: 8,
    sequence: 128,
    packing: 'instructions',
    learningRate: 0.004,
    warmup: 0.03,
    rank: 8,
    alpha: 16,
    targets: 'all-linear',
    weights: 'stored',
    clip: 1,
    weightDecay: 0,
    recompute: 'auto',
  },
  calibration: { sequences: 128 },
  evaluate: { tokens: 30_000 },
  export: { shape: 'per-layer', merge: true, formats: {} },
  checkpoint: { steps: 25 },
} as const satisfies Partial<Record<keyof ResolvedConfig, unknown>>;

/** Shares of a text source that are held out when it does not say. */
export const defaultHeldOut = { validation: 0.1, tuning: 0.05 } as const;
