/** How else records could be put into sequences: what packing is compared with. Both give the number of sequences. */

/** In order; a sequence is closed when a record does not fit. */
export const nextFit = (lengths: readonly number[], capacity: number): number => {
  let [sequences, room] = [0, 0];
  for (const length of lengths) {
    if (length > room) [sequences, room] = [sequences + 1, capacity];
    room -= length;
  }
  return sequences;
};

/** In order, each into the first sequence that has room. */
export const firstFit = (lengths: readonly number[], capacity: number): number => {
  const rooms: number[] = [];
  for (const length of lengths) {
    const fitting = rooms.findIndex(room => room >= length);
    if (fitting === -1) rooms.push(capacity - length);
    else rooms[fitting]! -= length;
  }
  return rooms.length;
};
