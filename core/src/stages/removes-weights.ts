import { SecateurError } from '../errors.js';
import { Allocation } from '../ports/allocation.js';
import { PruneOptimizer } from '../ports/prune-optimizer.js';
import { Recovery } from '../ports/recovery.js';
import { Repair } from '../ports/repair.js';
import type { Session } from '../session.js';
import type { Token } from '../token.js';

/** Whether the run zeroes single weights instead of cutting units: the model keeps its shapes. */
export const removesWeights = (session: Session): boolean =>
  session.active(PruneOptimizer).removes === 'weights';

/** Ports that have no part in a run which cuts no unit, and why. */
const idle: readonly (readonly [port: Token<unknown>, key: string, why: string])[] = [
  [Recovery, 'recovery', 'a LoRA that is merged would fill the zeros'],
  [Repair, 'repair', 'no unit is cut that others could stand in for'],
  [Allocation, 'allocation', 'every weight matrix loses the same share'],
];

/**
 * Checks that nothing is asked for which a method that zeroes weights would undo or leave out.
 * @throws SecateurError E_CONFIG_INVALID
 */
export const checkWeights = (session: Session): void => {
  if (!removesWeights(session)) return;
  const refuse = (found: string, hint: string): never => {
    throw new SecateurError('E_CONFIG_INVALID', `the optimizer zeroes single weights, but ${found}`, {
      hint,
    });
  };
  for (const [port, key, why] of idle)
    if (session.optional(port)) refuse(`a ${key} is chosen: ${why}`, `use: { ${key}: 'none' }`);
  const { prune, export: exported } = session.config;
  if (prune.of === 'model')
    refuse(
      'prune.of is "model", and only linear layers of the blocks are pruned',
      "set prune.of to 'blocks'",
    );
  if (!exported.merge)
    refuse(
      'export.merge is false, and weights are zeroed with the adapter merged into them',
      'set export.merge to true',
    );
};
