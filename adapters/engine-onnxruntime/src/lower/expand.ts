import type { Lowering } from './emitter.js';

/** The target shape is an input. */
export const expand: Lowering = {
  emit(e, { inputs: [x], outputs: [y] }) {
    e.node('Expand', [x!.name, e.ints(y!.shape)], { outputs: [y!.name] });
  },
};
