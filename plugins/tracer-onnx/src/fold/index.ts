import { creation } from './creation.js';
import { elementwise } from './elementwise.js';
import type { Fold } from './fold.js';
import { movement } from './movement.js';

const folds: Readonly<Record<string, Fold>> = { ...elementwise, ...movement, ...creation };

/** How the operator is computed while the graph is made, if it can be. */
export const foldOf = (op: string): Fold | undefined => (Object.hasOwn(folds, op) ? folds[op] : undefined);
