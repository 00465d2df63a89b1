/**
 * How an axis of a tensor is made of dimensions: a dimension itself, a row-major product of layouts (KV heads x
 * query heads x head size) or a concatenation of layouts (the two halves that RoPE rotates).
 */
export type Layout =
  | { readonly kind: 'dimension'; readonly dimension: number; readonly size: number }
  | { readonly kind: 'product'; readonly parts: readonly Layout[]; readonly size: number }
  | { readonly kind: 'sum'; readonly parts: readonly Layout[]; readonly size: number };

/** Kept indices of some dimensions, ascending; a dimension that is not there is kept whole. */
export type Kept = ReadonlyMap<number, readonly number[]>;

/** Indices of the axis that survive when only the kept indices of each dimension do, ascending. */
export const keptIndices = (layout: Layout, kept: Kept): number[] => {
  switch (layout.kind) {
    case 'dimension':
      return [...(kept.get(layout.dimension) ?? Array(layout.size).keys())];
    case 'product':
      return layout.parts.reduce<number[]>(
        (outer, part) => {
          const inner = keptIndices(part, kept);
          return outer.flatMap(o => inner.map(i => o * part.size + i));
        },
        [0],
      );
    case 'sum': {
      let offset = 0;
      return layout.parts.flatMap(part => {
        const indices = keptIndices(part, kept).map(i => i + offset);
        offset += part.size;
        return indices;
      });
    }
  }
};

/** Extent of the axis after the cut. */
export const keptSize = (layout: Layout, kept: Kept): number => {
  switch (layout.kind) {
    case 'dimension':
      return kept.get(layout.dimension)?.length ?? layout.size;
    case 'product':
      return layout.parts.reduce((size, part) => size * keptSize(part, kept), 1);
    case 'sum':
      return layout.parts.reduce((size, part) => size + keptSize(part, kept), 0);
  }
};

/** How the axis is made after the cut: the same dimensions, the cut ones smaller. */
export const keptLayout = (layout: Layout, kept: Kept): Layout => ({
  ...layout,
  size: keptSize(layout, kept),
  ...(layout.kind === 'dimension' ? {} : { parts: layout.parts.map(part => keptLayout(part, kept)) }),
});

/** Indices of the axis that belong to one unit of a dimension, ascending; all of them where it lacks the dimension. */
export const indicesOfUnit = (layout: Layout, dimension: number, unit: number): number[] => {
  if (!hasDimension(layout, dimension)) return [...Array(layout.size).keys()];
  switch (layout.kind) {
    case 'dimension':
      return [unit];
    case 'product':
      return layout.parts.reduce<number[]>(
        (outer, part) => {
          const inner = indicesOfUnit(part, dimension, unit);
          return outer.flatMap(o => inner.map(i => o * part.size + i));
        },
        [0],
      );
    case 'sum': {
      let offset = 0;
      return layout.parts.flatMap(part => {
        const start = offset;
        offset += part.size;
        return hasDimension(part, dimension) ? indicesOfUnit(part, dimension, unit).map(i => i + start) : [];
      });
    }
  }
};

/** Whether the axis has the dimension. */
export const hasDimension = (layout: Layout, dimension: number): boolean =>
  layout.kind === 'dimension'
    ? layout.dimension === dimension
    : layout.parts.some(part => hasDimension(part, dimension));

/** Dimensions of the axis, outermost first, each once; one of extent 1 is none. */
export const dimensionsOf = (layout: Layout): number[] =>
  layout.kind === 'dimension'
    ? layout.size === 1
      ? []
      : [layout.dimension]
    : [...new Set(layout.parts.flatMap(dimensionsOf))];
