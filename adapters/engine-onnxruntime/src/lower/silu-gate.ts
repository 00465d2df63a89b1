import type { Lowering } from './emitter.js';

/** QuickGelu(x) = x · sigmoid(alpha · x), which with alpha = 1 is SiLU in one pass. */
export const siluGate: Lowering = {
  supports: (_, { precision }) => precision === 'float32',
  emit(e, { inputs: [gate, up], outputs: [h] }) {
    const silu = e.node('QuickGelu', [gate!.name], {
      domain: 'com.microsoft',
      attributes: { alpha: { float: 1 } },
    });
    e.node('Mul', [silu, up!.name], { outputs: [h!.name] });
  },
};
