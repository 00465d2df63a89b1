import { type Adapter, didYouMean, SecateurError } from '@secateur/core';

/** Widths of a linear module: its weight has the shape [out, in]. */
export interface ModuleShape {
  readonly out: number;
  readonly in: number;
}

/**
 * Checks that an adapter was made for the model with these linear modules.
 * @throws SecateurError E_ADAPTER naming the module, the shapes found and those expected
 */
export const checkAdapter = (adapter: Adapter, shapes: ReadonlyMap<string, ModuleShape>): void => {
  for (const [module, { a, b, rank }] of adapter.modules) {
    const shape = shapes.get(module);
    if (!shape) {
      const near = didYouMean(module, [...shapes.keys()]);
      throw new SecateurError('E_ADAPTER', `The adapter has the module ${module}, which the model lacks.`, {
        hint:
          near === undefined ? 'Take the adapter that was trained on this model.' : `Did you mean ${near}?`,
      });
    }
    if (a.shape[1] !== shape.in || b.shape[0] !== shape.out)
      throw new SecateurError(
        'E_ADAPTER',
        `The adapter has A [${a.shape.join(', ')}] and B [${b.shape.join(', ')}] for ${module}, ` +
          `expected [${rank}, ${shape.in}] and [${shape.out}, ${rank}].`,
        { hint: 'Take the adapter that was trained on this model.' },
      );
  }
};
