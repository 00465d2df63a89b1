import { checkFeeds, type Feeds } from '@secateur/core';
import type { Value } from '@secateur/core/graph';
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
 * @throws SecateurError E_ENGINE
 */
export const packFeeds = (
  specs: readonly FeedSpec[],
  feeds: Feeds,
  precision: Precision,
): Readonly<Record<string, WireTensor>> => {
  checkFeeds(
    specs.map(({ value }) => value),
    feeds,
  );
  const packed: Record<string, WireTensor> = {};
  for (const { value, isUsed } of specs)
    if (isUsed) packed[value.name] = { shape: value.shape, data: copyOf(feeds[value.name]!.data, precision) };
  return packed;
};

const copyOf = (data: Elements, precision: Precision): Elements => {
  if (data instanceof BigInt64Array) return data.slice();
  return precision === 'float64' ? new Float64Array(data) : new Float32Array(data);
};
