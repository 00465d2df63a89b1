import type { Value } from '@secateur/core/graph';
import type { Emitter, Lowering } from './emitter.js';

/** onnxruntime's kernel divides by the width, so it serves while the width is the count. It is float32 only here. */
export const rmsNorm: Lowering = {
  supports: ({ inputs: [x], attributes }, { precision }) =>
    precision === 'float32' && attributes.count === x!.shape.at(-1),
  emit(e, { inputs: [x, w], outputs: [y, rstd], attributes }) {
    const epsilon = attributes.epsilon as number;
    // The kernel of WebGPU leaves its second output as it was, without a word.
    const fillsRstd = e.target.device !== 'webgpu';
    e.node('SimplifiedLayerNormalization', [x!.name, w!.name], {
      attributes: { axis: { int: -1 }, epsilon: { float: epsilon }, stash_type: { int: 1 } },
      outputs: fillsRstd ? [y!.name, rstd!.name] : [y!.name],
    });
    if (!fillsRstd && e.isRead(rstd!)) emitRstd(e, x!, epsilon, rstd!.name);
  },
};

/** 1 / √(mean of squares + ε) over the last axis, which is kept. */
const emitRstd = (e: Emitter, { name, shape }: Value, epsilon: number, as: string) => {
  const mean = e.node('ReduceMean', [e.node('Mul', [name, name]), e.ints([shape.length - 1])], {
    attributes: { keepdims: { int: 1 } },
  });
  const deviation = e.node('Sqrt', [e.node('Add', [mean, e.scalar(epsilon)])]);
  e.node('Reciprocal', [deviation], { outputs: [as] });
};
