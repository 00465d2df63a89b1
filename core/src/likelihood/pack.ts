/** What is put into one sequence. */
export interface Pack {
  /** Positions of the sequence. */
  readonly sequence: number;
  /** Indices of what lies in it. */
  readonly members: readonly number[];
}

/**
 * Puts things of some lengths into sequences: the longest first, each into the first sequence that has room. A sequence
 * has `usual` positions, or as many times 2 as its longest member needs, so that few lengths occur.
 * @param most positions of a sequence at most; no length is above it
 */
export const pack = (lengths: readonly number[], usual: number, most: number): Pack[] => {
  const open: { sequence: number; left: number; members: number[] }[] = [];
  const order = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  for (const index of order) {
    const length = lengths[index]!;
    let place = open.find(({ left }) => left >= length);
    if (!place) {
      let sequence = Math.min(usual, most);
      while (sequence < length) sequence = Math.min(2 * sequence, most);
      place = { sequence, left: sequence, members: [] };
      open.push(place);
    }
    place.left -= length;
    place.members.push(index);
  }
  return open.map(({ sequence, members }) => ({ sequence, members }));
};
