import type { Graph, Shape, TensorRef } from '@secateur/core/graph';
import { decoder } from './self-check/decoder.js';

export { denseFeeds, engineFeeds, trained } from './self-check/decoder.js';

/** A decoder that is small enough for proofs. */
export const smallDecoder = (refOf?: (name: string, shape: Shape) => TensorRef | undefined): Graph =>
  decoder(
    {
      batch: 2,
      sequence: 6,
      width: 16,
      kvHeads: 2,
      groups: 2,
      headSize: 4,
      window: 4,
      ff: 24,
      vocabulary: 40,
      rank: 3,
    },
    refOf,
  );
