import type { Lowering } from './emitter.js';

/** Nothing where all products that read it take the operand as it lies. */
export const transpose: Lowering = {
  emit(e, { inputs: [x], outputs: [y], attributes }) {
    if (!e.absorbed.has(y!.name)) e.transpose(x!.name, attributes.perm as readonly number[], y!.name);
  },
};
