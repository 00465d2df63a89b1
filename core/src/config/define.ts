import type { SecateurConfig } from './schema.js';

/** Returns its argument; in `prune.config.ts` it gives completion and checks types. */
export const defineConfig = (config: SecateurConfig): SecateurConfig => config;
