/** Whose curvature turns output error into loss. */
export type Curvature = 'unit' | 'group' | 'none';

/** Units with more than so many times the energy of the median unit write massive activations (arXiv 2402.17762). */
const MASSIVE = 1000;

/**
 * Loss per squared output error: Fisher curvature of taking a unit out by the energy that this takes out of the output.
 * By unit it is noisy where a unit gives little; by group it is Σ curvature / Σ energy, but of units that write massive
 * activations: at places where no loss hangs on them, they would make a whole layer look worth nothing.
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
  const median = energies.toSorted((a, b) => a - b)[energies.length >> 1]!;
  let all = 0;
  let curved = 0;
  for (const [u, energy] of energies.entries()) {
    if (energy > MASSIVE * median) continue;
    all += energy;
    curved += fisher[u]!;
  }
  return new Float64Array(energies.length).fill(all > 0 ? curved / all : 0);
};
