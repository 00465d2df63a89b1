/** Whose curvature turns output error into loss. */
export type Curvature = 'unit' | 'group' | 'none';

/**
 * Loss per squared output error: Fisher curvature of taking a unit out by the energy that this takes out of the output.
 * By unit it is noisy where a unit gives little; by group it is Σ curvature / Σ energy.
 * @param fisher E (d loss / d gate)² of each unit
 * @param energies Σ_x ‖W_u x_u‖² of each unit
 */
export const worthOf = (
  fisher: ArrayLike<number>,
  energies: readonly number[],
  curvature: Curvature,
): Float64Array => {
  if (curvature === 'none') return new Float64Array(energies.length).fill(1);
  if (curvature === 'unit')
    return Float64Array.from(energies, (energy, u) => (energy > 0 ? fisher[u]! / energy : 0));
  const all = energies.reduce((sum, energy) => sum + energy, 0);
  const curved = energies.reduce((sum, _, u) => sum + fisher[u]!, 0);
  return new Float64Array(energies.length).fill(all > 0 ? curved / all : 0);
};
