import type { Cell } from './cell.js';

/** What a method leaves of each layer. */
export interface KeptLayers {
  readonly preset: string;
  readonly ratio: number;
  /** Number of seeds that the shares are means over. */
  readonly seeds: number;
  /** What is counted: names of the rows of `shares`. */
  readonly kinds: readonly string[];
  readonly layers: number;
  /** [kinds, layers]: shares that are kept, in [0, 1]. A layer that had none keeps all of it. */
  readonly shares: readonly (readonly number[])[];
}

const kinds = { heads: 'heads', 'kv heads': 'kvHeads', channels: 'channels' } as const;

/** Kept shares by layer of every preset and ratio, mean over its cells. */
export const keptLayers = (cells: readonly Cell[]): readonly KeptLayers[] => {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = JSON.stringify([cell.preset, cell.ratio]);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()].map(own => {
    const [first] = own as [Cell];
    return {
      preset: first.preset,
      ratio: first.ratio,
      seeds: own.length,
      kinds: Object.keys(kinds),
      layers: first.layers.length,
      shares: Object.values(kinds).map(kind =>
        first.layers.map((_, layer) => {
          const shares = own.map(cell => {
            const { [kind]: after, before } = cell.layers[layer]!;
            return before[kind] === 0 ? 1 : after / before[kind];
          });
          return shares.reduce((sum, share) => sum + share, 0) / shares.length;
        }),
      ),
    };
  });
};
