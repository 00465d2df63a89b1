/** Places of the `count` lowest scores, ascending; of equal scores those that come first. */
export const lowest = (scores: Float64Array, count: number): readonly number[] => {
  if (count === 0) return [];
  const limit = scores.toSorted()[count - 1]!;
  let ties = count - scores.reduce((below, score) => below + Number(score < limit), 0);
  const places: number[] = [];
  for (const [place, score] of scores.entries())
    if (score < limit || (score === limit && ties-- > 0)) places.push(place);
  return places;
};
