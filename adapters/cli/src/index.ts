/** `secateur`: everything that configurations and plugins need, from one package. */
export * from '@secateur/core';
export { installation } from './defaults.js';
