/** @param first, last below 1 a share of the layers, rounded down; else a number of layers */
export const layersAtTheEnds = (
  layers: readonly number[],
  first: number,
  last: number,
): readonly number[] => {
  const count = (wanted: number): number => Math.floor(wanted < 1 ? wanted * layers.length : wanted);
  return [...layers.slice(0, count(first)), ...(count(last) > 0 ? layers.slice(-count(last)) : [])];
};
