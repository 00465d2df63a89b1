/** What is put into one sequence. */
export interface Pack {
  /** Positions of the sequence. */
  readonly sequence: number;
  /** Indices of what lies in it. */
  readonly members: readonly number[];
}

/**
 * Puts things of some lengths into sequences: the longest first, each into the first sequence that has room. A sequence
 * has `usual` positions, or 3/2, 2, 3, 4, 6, 8, … times as many where its longest member needs them: few lengths occur,
 * each of which is compiled, and little attention is spent on room.
 * @param most positions of a sequence at most; no length is above it
 */
export const pack = (lengths: readonly number[], usual: number, most: number): Pack[] => {
  const open: { sequence: number; left: number; members: number[] }[] = [];
  const order = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  for (const index of order) {
    const length = lengths[index]!;
    let place = open.find(({ left }) => left >= length);
    if (!place) {
      const sequence = Math.min(sequenceFor(length, usual), most);
      place = { sequence, left: sequence, members: [] };
      open.push(place);
    }
    place.left -= length;
    place.members.push(index);
  }
  return open.map(({ sequence, members }) => ({ sequence, members }));
};

const sequenceFor = (length: number, usual: number): number => {
  if (length <= usual) return usual;
  const half = Math.ceil(1.5 * usual);
  return length <= half ? half : sequenceFor(length, 2 * usual);
};
