import { type Cell, titleOf } from './cell.js';

/** Largest share by which remaining parameters may differ from what the ratio asks for. */
export const PARAMETER_TOLERANCE = 0.005;

/** A cell that is not comparable with the others, and by how much. */
export interface Unequal {
  /** As people read it. */
  readonly cell: string;
  readonly expected: number;
  readonly found: number;
}

const structured = (cells: readonly Cell[]): readonly Cell[] =>
  cells.filter(cell => cell.class === 'structured');

/**
 * Structured cells whose remaining parameters are not within 0.5 % of (1 − ratio) of what the ratio counts: the blocks,
 * or the whole model. What it counts is the first cell's of each ratio.
 */
export const unequalParameters = (cells: readonly Cell[]): readonly Unequal[] => {
  const first = new Map<number, Cell>();
  return structured(cells).flatMap(cell => {
    const { of } = first.get(cell.ratio) ?? cell;
    if (!first.has(cell.ratio)) first.set(cell.ratio, cell);
    const { before, after } = of === 'model' ? cell.parameters : cell.parameters.blocks;
    const expected = (1 - cell.ratio) * before;
    const isEqual = Math.abs(after - expected) <= PARAMETER_TOLERANCE * expected;
    return isEqual ? [] : [{ cell: titleOf(cell), expected: Math.round(expected), found: after }];
  });
};

/**
 * Structured cells that have not trained on as many tokens as they were given, pruning and recovery together. Training
 * goes in whole steps, so one step more or less is equal.
 * @param given tokens by the name of the preset
 */
export const unequalTokens = (
  cells: readonly Cell[],
  given: (preset: string) => number,
): readonly Unequal[] =>
  structured(cells).flatMap(cell => {
    const tokens = given(cell.preset);
    const found = cell.tokens.pruning + cell.tokens.recovery;
    const isEqual = Math.abs(found - tokens) <= cell.stepTokens;
    return isEqual ? [] : [{ cell: titleOf(cell), expected: tokens, found }];
  });

/** Cells that read another model, adapter or text than the first one. */
export const otherInputs = (cells: readonly Cell[]): readonly string[] =>
  cells.filter(({ inputs }) => JSON.stringify(inputs) !== JSON.stringify(cells[0]!.inputs)).map(titleOf);
