import { type RemovalGroup, type UnitKind, weigh } from '@secateur/core';
import { open, openSlope } from './hard-concrete.js';
import { lagrangian } from './lagrangian.js';

/** One number per unit, by group id. */
type PerUnit = ReadonlyMap<string, ArrayLike<number>>;

/** λ₁ and λ₂ by kind of unit. */
export type Multipliers = ReadonlyMap<UnitKind, ArrayLike<number>>;

/** Gradients by name: of log α by group id, of the multipliers by kind. */
export interface MaskGradients {
  readonly byMask: Readonly<Record<string, { readonly data: Float64Array }>>;
  readonly byMultiplier: Readonly<Record<string, { readonly data: Float64Array }>>;
}

/** Expected share of the groups' parameters that is gone: ŝ = 1 − Σ c P(z ≠ 0) / Σ c, c the parameters of a unit. */
export const sparsityOf = (groups: readonly RemovalGroup[], logAlpha: PerUnit): number => {
  let kept = 0;
  for (const { id, unitCost } of groups)
    for (const a of Array.from(logAlpha.get(id)!)) kept += unitCost * open(a);
  return 1 - kept / weigh(groups);
};

/**
 * Gradients of the loss and the Lagrangians of all kinds, in float64.
 * @param byGate d loss / d gate
 * @param slopes d gate / d log α
 * @param target of the sparsity of every kind
 */
export const maskGradients = (
  groups: readonly RemovalGroup[],
  { logAlpha, multipliers }: { readonly logAlpha: PerUnit; readonly multipliers: Multipliers },
  { byGate, slopes }: { readonly byGate: PerUnit; readonly slopes: PerUnit },
  target: number,
): MaskGradients => {
  const byMask: Record<string, { data: Float64Array }> = {};
  const byMultiplier: Record<string, { data: Float64Array }> = {};
  for (const [kind, factors] of multipliers) {
    const own = groups.filter(group => group.kind === kind);
    const [linear, quadratic] = [factors[0]!, factors[1]!];
    const held = lagrangian(sparsityOf(own, logAlpha), target, { linear, quadratic });
    byMultiplier[kind] = { data: Float64Array.of(held.byLinear, held.byQuadratic) };
    const all = weigh(own);
    for (const { id, unitCost } of own) {
      const [gradient, slope] = [byGate.get(id)!, slopes.get(id)!];
      const data = Float64Array.from(
        logAlpha.get(id)!,
        (a, u) => gradient[u]! * slope[u]! - (held.bySparsity * unitCost * openSlope(a)) / all,
      );
      byMask[id] = { data };
    }
  }
  return { byMask, byMultiplier };
};
