import { type Feeds, SecateurError, type Tensor } from '@secateur/core';
import { sizeOf, type Value } from '@secateur/core/graph';
import type { Precision } from './lower/target.js';
import type { Elements, WireTensor } from './worker/protocol.js';

/** A value that the caller feeds. */
export interface FeedSpec {
  readonly value: Value;
  /** False when no node reads it: it is checked and not sent. */
  readonly isUsed: boolean;
}

/**
 * Checks feeds against the graph and copies them, so that the copies can be moved to the worker.
 * @throws SecateurError E_ENGINE naming a feed that is missing, unknown, or of another shape or element type.
 */
export const packFeeds = (
  specs: readonly FeedSpec[],
  feeds: Feeds,
  precision: Precision,
): Readonly<Record<string, WireTensor>> => {
  const known = new Set(specs.map(({ value }) => value.name));
  for (const name of Object.keys(feeds)) if (!known.has(name)) throw unknownFeed(name, [...known]);
  const packed: Record<string, WireTensor> = {};
  for (const { value, isUsed } of specs) {
    const tensor = Object.hasOwn(feeds, value.name) ? feeds[value.name] : undefined;
    if (!tensor)
      throw new SecateurError('E_ENGINE', `The feed "${value.name}" of shape [${value.shape}] is missing.`);
    check(value, tensor);
    if (isUsed) packed[value.name] = { shape: value.shape, data: copyOf(tensor.data, precision) };
  }
  return packed;
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

const copyOf = (data: Elements, precision: Precision): Elements => {
  if (data instanceof BigInt64Array) return data.slice();
  return precision === 'float64' ? new Float64Array(data) : new Float32Array(data);
};
