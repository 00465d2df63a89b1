import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { add } from './add.js';
import { concat } from './concat.js';
import { slice } from './slice.js';

/** Queries `start` to `end` of a sequence, and the keys `from` to `end` that any of them sees. */
export interface QueryBlock {
  readonly start: number;
  readonly end: number;
  readonly from: number;
}

/**
 * A sequence in blocks of queries. A query sees nothing behind itself, so that the scores of all blocks together are
 * (n + 1) / 2n of [S, S] for n blocks, and less with a window.
 */
export const queryBlocks = (length: number, block = length, window = 0): QueryBlock[] =>
  Array.from({ length: Math.ceil(length / block) }, (_, i) => {
    const start = i * block;
    const from = window > 0 ? Math.max(0, start - window + 1) : 0;
    return { start, end: Math.min(length, start + block), from };
  });

/** A run of an axis; the tensor itself where that is all of it. */
export const run = (g: GraphBuilder, x: Value, axis: number, start: number, end: number): Value =>
  start === 0 && end === x.shape[axis] ? x : slice(g, x, axis, start, end);

/** The parts along an axis, one behind the other. */
export const joined = (g: GraphBuilder, parts: readonly Value[], axis: number): Value =>
  parts.length === 1 ? parts[0]! : concat(g, parts, axis);

/** The sum of tensors that each cover a run of an axis; together they cover it from 0 without a gap. */
export const sumOfRuns = (
  g: GraphBuilder,
  parts: readonly { readonly start: number; readonly end: number; readonly value: Value }[],
  axis: number,
): Value => {
  const borders = [...new Set(parts.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const pieces = borders.slice(1).map((end, i) =>
    parts
      .filter(part => part.start <= borders[i]! && part.end >= end)
      .map(part => run(g, part.value, axis, borders[i]! - part.start, end - part.start))
      .reduce((a, b) => add(g, a, b)),
  );
  return joined(g, pieces, axis);
};
