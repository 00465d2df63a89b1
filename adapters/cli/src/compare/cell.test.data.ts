import type { Cell } from './cell.js';

/** A cell of a model with 1000 parameters, 800 of them in its 2 blocks, at the ratio 0.25. */
export const handMade = (own: Partial<Cell> = {}): Cell => ({
  preset: 'magnitude',
  ratio: 0.25,
  seed: 7,
  rate: null,
  class: 'structured',
  of: 'blocks',
  learningRate: 0.004,
  parameters: { before: 1000, after: 800, blocks: { before: 800, after: 600 } },
  flops: { before: 4e9, after: 3e9, sequence: 128 },
  perplexity: { sea: { dense: 10, pruned: 40, recovered: 20, tokens: 500, chunk: 64 } },
  layers: [
    { heads: 4, kvHeads: 2, channels: 6, before: { heads: 8, kvHeads: 4, channels: 8 } },
    { heads: 8, kvHeads: 4, channels: 2, before: { heads: 8, kvHeads: 4, channels: 8 } },
  ],
  tokens: { pruning: 0, recovery: 2048 },
  stepTokens: 1024,
  tuningLoss: 2,
  seconds: { run: 90, training: 60 },
  resumed: false,
  peakBytes: 300 * 2 ** 20,
  speed: { dense: 1000, pruned: 1200, ratio: 1.2 },
  inputs: { model: 'm', adapter: null, text: { sea: 's' } },
  versions: { secateur: '0.1.0', node: 'v20' },
  engine: { name: 'onnxruntime', version: '1', device: 'cpu', driver: null, threads: 2, streamed: false },
  ...own,
});

/** With this perplexity after recovery. */
export const recovering = (recovered: number, own: Partial<Cell> = {}): Cell =>
  handMade({ perplexity: { sea: { ...handMade().perplexity.sea!, recovered } }, ...own });
