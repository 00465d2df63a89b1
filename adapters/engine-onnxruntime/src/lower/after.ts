import type { Lowering } from './emitter.js';

export const after: Lowering = {
  emit(e, { inputs: [x, first], outputs: [y] }) {
    e.after(x!.name, x!.shape, first!.name, y!.name);
  },
};
