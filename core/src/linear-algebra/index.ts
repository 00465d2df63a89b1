/** `@secateur/core/linear-algebra`: what scorers and repairs do with matrices of second moments, in float64. */

export * from './add-product.js';
export { type Cholesky, cholesky } from './cholesky.js';
export * from './dot.js';
export * from './inverse.js';
export * from './parts.js';
export * from './ridge.js';
export * from './solve.js';
export * from './transposed.js';
