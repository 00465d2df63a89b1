import { type Shape, sizeOf } from '../graph/graph.js';
import { indicesOfUnit } from '../graph/layout.js';
import type { UnitWeights } from '../ports/saliency.js';

/** A weight with access by unit, whatever axis the units lie on. */
export const unitWeights = (shape: Shape, data: Float32Array): UnitWeights => ({
  shape,
  data,
  forEachUnit({ axis, layout, dimension, units }, visit) {
    const inner = sizeOf(shape.slice(axis + 1));
    const outer = sizeOf(shape.slice(0, axis));
    const extent = shape[axis]!;
    let slice = new Float32Array(0);
    for (let unit = 0; unit < units; unit++) {
      const indices = indicesOfUnit(layout, dimension, unit);
      if (slice.length !== outer * indices.length * inner)
        slice = new Float32Array(outer * indices.length * inner);
      let at = 0;
      for (let o = 0; o < outer; o++)
        for (const index of indices) {
          const from = (o * extent + index) * inner;
          for (let i = 0; i < inner; i++) slice[at++] = data[from + i]!;
        }
      visit(unit, slice);
    }
  },
});
