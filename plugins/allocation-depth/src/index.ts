import { Allocation, definePlugin } from '@secateur/core';
import { z } from 'zod';
import { depthAllocation } from './depth.js';

export { type DepthOptions, depthAllocation, type WholeLayer, wholeLayers } from './depth.js';

const schema = z.strictObject({
  /** Largest share of the layers that may go whole. Default: all but one. */
  most: z.number().min(0).max(1).optional(),
});

export default definePlugin(
  'allocation-depth',
  (api, options) => {
    api.provide(
      Allocation,
      'depth',
      depthAllocation(options),
      'whole layers first, then units of the others',
    );
  },
  schema,
);
