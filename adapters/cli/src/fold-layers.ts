/** A row that belongs to a module. */
export interface ModuleRow {
  readonly path: string;
  readonly cells: readonly (string | number)[];
}

interface Block {
  readonly first: number | undefined;
  last: number | undefined;
  /** Rows with `#` for the number of the layer, as text to compare. */
  readonly key: string;
  readonly rows: readonly ModuleRow[];
}

const layerIn = /(?<=\.)\d+(?=\.|$)/;

/**
 * Rows of neighbouring layers that are alike become one set: `model.layers.0.mlp` and `model.layers.1.mlp` are
 * `model.layers.0-1.mlp`. The order stays.
 */
export const foldLayers = (rows: readonly ModuleRow[]): readonly ModuleRow[] => {
  const blocks: Block[] = [];
  for (const block of blocksOf(rows)) {
    const before = blocks.at(-1);
    const follows =
      block.first !== undefined && before?.last !== undefined && block.first === before.last + 1;
    if (follows && before.key === block.key) before.last = block.last;
    else blocks.push(block);
  }
  return blocks.flatMap(({ first, last, rows: own }) =>
    first === last
      ? own
      : own.map(({ path, cells }) => ({ path: path.replace(layerIn, `${first}-${last}`), cells })),
  );
};

/** Rows cut where the number of the layer changes. */
const blocksOf = (rows: readonly ModuleRow[]): readonly Block[] => {
  const parts: ModuleRow[][] = [];
  for (const row of rows) {
    const part = parts.at(-1);
    if (part && layerOf(part[0]!) === layerOf(row)) part.push(row);
    else parts.push([row]);
  }
  return parts.map(part => ({
    first: layerOf(part[0]!),
    last: layerOf(part[0]!),
    key: JSON.stringify(part.map(({ path, cells }) => [path.replace(layerIn, '#'), cells])),
    rows: part,
  }));
};

const layerOf = ({ path }: ModuleRow): number | undefined => {
  const found = layerIn.exec(path)?.[0];
  return found === undefined ? undefined : Number(found);
};
