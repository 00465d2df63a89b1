/** Whose curvature turns output error into loss. */
export type Curvature = 'unit' | 'group' | 'none';

/**
 * Loss per squared output error: Fisher curvature of taking a unit out by the energy that this takes out of the output.
 * By unit it is noisy where a unit gives little; by group it is the median over its units. Not Σ curvature / Σ energy: in
 * real models a few units write massive activations, at places where no loss hangs on them, and would make a whole layer
 * look worth nothing.
 * @param fisher E (d loss / d gate)² of each unit
 * @param energies Σ_x ‖W_u x_u‖² of each unit
 */
export const worthOf = (
  fisher: ArrayLike<number>,
  energies: readonly number[],
  curvature: Curvature,
): Float64Array => {
  if (curvature === 'none') return new Float64Array(energies.length).fill(1);
  const each = Float64Array.from(energies, (energy, u) => (energy > 0 ? fisher[u]! / energy : 0));
  return curvature === 'unit' ? each : new Float64Array(energies.length).fill(median(each));
};

const median = (values: Float64Array): number => {
  const sorted = values.toSorted();
  const upper = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[upper]! : (sorted[upper - 1]! + sorted[upper]!) / 2;
};
