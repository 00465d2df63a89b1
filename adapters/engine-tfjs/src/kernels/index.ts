import type { BackendName } from '../backends/backend-name.js';
import { elementwise } from './elementwise.js';
import { inWasm } from './in-wasm.js';
import type { Kernel } from './kernel.js';
import { movements } from './movements.js';
import { products } from './products.js';
import { reductions } from './reductions.js';

/** Kernels of primitives, by name. */
export type Kernels = ReadonlyMap<string, Kernel>;

const everywhere = { ...elementwise, ...products, ...movements, ...reductions };

export const kernelsOf = (backend: BackendName): Kernels =>
  new Map(Object.entries(backend === 'wasm' ? { ...everywhere, ...inWasm } : everywhere));
