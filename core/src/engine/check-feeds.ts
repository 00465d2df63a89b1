import { SecateurError } from '../errors.js';
import { sizeOf, type Value } from '../graph/graph.js';
import type { Feeds, Tensor } from '../ports/engine.js';

/**
 * Checks feeds against the values that a graph is fed.
 * @throws SecateurError E_ENGINE naming a feed that is missing, unknown, or of another shape or element type
 */
export const checkFeeds = (values: readonly Value[], feeds: Feeds): void => {
  const known = new Set(values.map(({ name }) => name));
  for (const name of Object.keys(feeds)) if (!known.has(name)) throw unknownFeed(name, [...known]);
  for (const value of values) {
    const tensor = Object.hasOwn(feeds, value.name) ? feeds[value.name] : undefined;
    if (!tensor)
      throw new SecateurError('E_ENGINE', `The feed "${value.name}" of shape [${value.shape}] is missing.`);
    check(value, tensor);
  }
};

const unknownFeed = (name: string, known: readonly string[]): SecateurError => {
  const shown = known.slice(0, 8).join(', ') + (known.length > 8 ? `, and ${known.length - 8} more` : '');
  return new SecateurError('E_ENGINE', `The graph takes no feed "${name}"; it takes: ${shown || 'none'}.`);
};

const check = (value: Value, { shape, data }: Tensor): void => {
  const fits = shape.length === value.shape.length && shape.every((extent, d) => extent === value.shape[d]);
  if (!fits)
    throw new SecateurError(
      'E_ENGINE',
      `The feed "${value.name}" has shape [${shape}]; the graph has [${value.shape}].`,
    );
  if (data.length !== sizeOf(shape))
    throw new SecateurError(
      'E_ENGINE',
      `The feed "${value.name}" has ${data.length} elements for shape [${shape}].`,
    );
  if (data instanceof BigInt64Array !== (value.dtype === 'int64'))
    throw new SecateurError(
      'E_ENGINE',
      `The feed "${value.name}" is a ${data.constructor.name}; the graph has ${value.dtype} there.`,
    );
};
