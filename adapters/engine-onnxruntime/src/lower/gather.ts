import type { Lowering } from './emitter.js';

/** The rows are cast, not the table. */
export const gather: Lowering = {
  takesStored: true,
  emit(e, { inputs: [table, ids], outputs: [y] }) {
    const isStored = e.stored.has(table!.name);
    const rows = e.node('Gather', [table!.name, ids!.name], {
      attributes: { axis: { int: 0 } },
      outputs: [isStored ? e.fresh(y!.name) : y!.name],
    });
    if (isStored) e.cast(rows, 'float', y!.name);
  },
};
