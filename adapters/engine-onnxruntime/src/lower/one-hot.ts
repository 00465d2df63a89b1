import type { Lowering } from './emitter.js';

/** Depth and the two values are inputs. onnxruntime has no double kernel: the result is cast. */
export const oneHot: Lowering = {
  emit(e, { inputs: [ids], outputs: [y], attributes }) {
    const values = e.floats([0, 1]);
    const inputs = [ids!.name, e.int(attributes.depth as number), values];
    const axis = { axis: { int: -1 } };
    if (e.precision === 'float32') e.node('OneHot', inputs, { attributes: axis, outputs: [y!.name] });
    else e.cast(e.node('OneHot', inputs, { attributes: axis }), 'double', y!.name);
  },
};
