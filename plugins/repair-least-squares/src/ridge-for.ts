/** What keeps the matrix positive definite where there is text in plenty. */
const LEAST = 1e-3;

/**
 * The ridge of a repair, as a share of each input's mean square: columns per token. It is the estimator k = p σ² / ‖β‖²
 * (Hoerl, Kennard & Baldwin 1975, doi 10.1080/03610927508827232) of p inputs of mean square 1 over n tokens, Σ x² = n,
 * that explain half of what is cut, ‖β‖² = σ²: k / n = p / n. With less, what is fitted to few tokens is their noise.
 */
export const ridgeFor = (columns: number, tokens: number): number => Math.max(LEAST, columns / tokens);
