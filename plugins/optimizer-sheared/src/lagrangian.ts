/** λ₁ (ŝ − t) + λ₂ (ŝ − t)² at a sparsity ŝ and its target t, with its derivatives. */
export interface Lagrangian {
  readonly value: number;
  readonly bySparsity: number;
  readonly byLinear: number;
  readonly byQuadratic: number;
}

/**
 * The term that holds one kind of unit to its sparsity (Sheared-LLaMA, arXiv 2310.06694): minimal over the masks, maximal
 * over the multipliers.
 */
export const lagrangian = (
  sparsity: number,
  target: number,
  { linear, quadratic }: { readonly linear: number; readonly quadratic: number },
): Lagrangian => {
  const gap = sparsity - target;
  return {
    value: linear * gap + quadratic * gap ** 2,
    bySparsity: linear + 2 * quadratic * gap,
    byLinear: gap,
    byQuadratic: gap ** 2,
  };
};

/** Target at a step, counted from 0: it rises linearly to `final` over the first `rise` steps. */
export const targetAt = (step: number, rise: number, final: number): number =>
  final * (rise > 0 ? Math.min(1, step / rise) : 1);
