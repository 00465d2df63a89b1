import type { Lowering } from './emitter.js';

/** Start, end and axis are inputs, as lists. */
export const slice: Lowering = {
  emit(e, { inputs: [x], outputs: [y], attributes }) {
    const { axis, start, end } = attributes as { axis: number; start: number; end: number };
    e.node('Slice', [x!.name, e.ints([start]), e.ints([end]), e.ints([axis])], { outputs: [y!.name] });
  },
};
