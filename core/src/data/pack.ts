import type { Sequence } from './sequence.js';

/**
 * Which records share a sequence of `capacity` positions: the longest first, each where it leaves the least room
 * (best-fit decreasing, D. S. Johnson, Near-optimal bin packing algorithms, 1973). Sequences stand in the order of their
 * longest records, so that the head of the list is as mixed as that of the file. No record may be longer than the capacity.
 * @param lengths positions of each record
 * @returns the records of each sequence, by index
 */
export const pack = (lengths: readonly number[], capacity: number): number[][] => {
  const longestFirst = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const packs: number[][] = [];
  const byRoom: number[][][] = Array.from({ length: capacity + 1 }, () => []);
  for (const record of longestFirst) {
    const length = lengths[record]!;
    const tightest = byRoom.findIndex((open, room) => room >= length && open.length > 0);
    const [own, room] = tightest === -1 ? [[], capacity] : [byRoom[tightest]!.shift()!, tightest];
    if (tightest === -1) packs.push(own);
    own.push(record);
    byRoom[room - length]!.push(own);
  }
  return packs.sort((a, b) => a[0]! - b[0]!);
};

/** Number of the document that padding is of. */
const padding = -1;

/** One sequence of `length` positions out of shorter ones, each a document of its own; the rest is padding. */
export const joined = (parts: readonly Sequence[], length: number): Sequence => {
  const ids = new Int32Array(length);
  const targets = new Int32Array(length);
  const weights = new Float32Array(length);
  const documents = new Int32Array(length).fill(padding);
  let end = 0;
  for (const [number, part] of parts.entries()) {
    ids.set(part.ids, end);
    targets.set(part.targets, end);
    weights.set(part.weights, end);
    documents.fill(number, end, end + part.length);
    end += part.length;
  }
  return { ids, targets, weights, length: end, ...(parts.length > 1 ? { documents } : {}) };
};
