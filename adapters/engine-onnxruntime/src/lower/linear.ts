import type { Lowering } from './emitter.js';
import { emitGemm } from './gemm.js';

/** One Gemm on the weight as it is stored, [out, in]: backward reads the same initializer untransposed. */
export const linear: Lowering = {
  emit(e, { inputs: [x, w, bias], outputs: [y] }) {
    emitGemm(e, x!.name, w!.name, { transB: true, output: y!.name, ...(bias ? { c: bias.name } : {}) });
  },
};
