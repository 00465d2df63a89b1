import type { Lowering } from './emitter.js';
import { emitGemm } from './gemm.js';

/**
 * Three Gemms, chained through C: u = x aᵀ; scaling · u bᵀ + bias; x wᵀ + that.
 * The small b is transposed first, since Gemm on [T, r] × [out, r]ᵀ is four times slower.
 */
export const loraLinear: Lowering = {
  emit(e, { inputs: [x, w, a, b, bias], outputs: [y, u], attributes }) {
    const scaling = attributes.scaling as number;
    emitGemm(e, x!.name, a!.name, { transB: true, output: u!.name });
    if (!e.isRead(y!)) return; // made again for u alone
    const low = emitGemm(e, u!.name, e.transpose(b!.name, [1, 0]), {
      alpha: scaling,
      ...(bias ? { c: bias.name } : {}),
    });
    emitGemm(e, x!.name, w!.name, { transB: true, c: low, output: y!.name });
  },
};
