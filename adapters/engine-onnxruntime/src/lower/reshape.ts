import type { Lowering } from './emitter.js';

/** The target shape is an input. */
export const reshape: Lowering = {
  emit(e, { inputs: [x], outputs: [y] }) {
    e.reshape(x!.name, y!.shape, y!.name);
  },
};
