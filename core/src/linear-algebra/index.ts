/** `@secateur/core/linear-algebra`: what scorers and repairs do with matrices of second moments, in float64. */

export * from './add-product.js';
export * from './cholesky.js';
export * from './dot.js';
export * from './mirror.js';
export * from './parts.js';
export * from './ridge.js';
