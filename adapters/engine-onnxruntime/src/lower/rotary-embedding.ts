import { sizeOf } from '@secateur/core/graph';
import type { Lowering } from './emitter.js';

/** The kernel wants [batch, sequence, heads · D]; it learns D from the tables. Positions count from 0. */
export const rotaryEmbedding: Lowering = {
  supports: (_, { precision }) => precision === 'float32',
  emit(e, { inputs: [x, cos, sin], outputs: [y] }) {
    const [batch, sequence, ...rest] = x!.shape as [number, number, ...number[]];
    const flat = [batch, sequence, sizeOf(rest)];
    const isFlat = rest.length === 1;
    const rotated = e.node(
      'RotaryEmbedding',
      [isFlat ? x!.name : e.reshape(x!.name, flat), e.ints([0]), cos!.name, sin!.name],
      { domain: 'com.microsoft', ...(isFlat ? { outputs: [y!.name] } : {}) },
    );
    if (!isFlat) e.reshape(rotated, y!.shape, y!.name);
  },
};
