import type { Growth } from './record.js';
import { type Size, sizes } from './sizes.js';

/** What the curves start from: four layers of M. */
const base: Size = { ...sizes.M!, layers: 4, batch: 2, sequence: 256 };

/** One extent grows, the others stay. */
export const curves: Readonly<Record<Growth['extent'], readonly Size[]>> = {
  layers: [2, 4, 8, 12].map(layers => ({ ...base, layers })),
  sequence: [64, 128, 256, 512, 1024].map(sequence => ({ ...base, sequence })),
  batch: [1, 2, 4, 8].map(batch => ({ ...base, batch })),
};
