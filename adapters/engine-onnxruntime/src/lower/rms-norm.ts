import type { Lowering } from './emitter.js';

/** onnxruntime's kernel divides by the width, so it serves while the width is the count. It is float32 only here. */
export const rmsNorm: Lowering = {
  supports: ({ inputs: [x], attributes }, precision) =>
    precision === 'float32' && attributes.count === x!.shape.at(-1),
  emit(e, { inputs: [x, w], outputs: [y, rstd], attributes }) {
    e.node('SimplifiedLayerNormalization', [x!.name, w!.name], {
      attributes: {
        axis: { int: -1 },
        epsilon: { float: attributes.epsilon as number },
        stash_type: { int: 1 },
      },
      outputs: [y!.name, rstd!.name],
    });
  },
};
