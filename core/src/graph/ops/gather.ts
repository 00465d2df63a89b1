import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import type { Primitive } from '../operator.js';
import { expectFloat, expectIds } from './expect.js';
import { gemm } from './gemm.js';
import { oneHot } from './one-hot.js';
import { reshape } from './reshape.js';

/** Looks rows up: table [V, ...] and ids (int64, any shape, 0 <= id < V) give ids.shape ++ table.shape[1:]. */
export const Gather: Primitive = {
  name: 'Gather',
  kind: 'primitive',
  zero: ([table]) => table === true,
  infer: ([table, ids]) => {
    expectFloat('Gather', table);
    expectIds('Gather', ids!);
    if (table!.shape.length === 0) throw new Error('Gather: the table has no rows');
    return [{ dtype: 'float', shape: [...ids!.shape, ...table!.shape.slice(1)] }];
  },
  evaluate: ([table, ids], _, [y]) => {
    const [rows, ...rest] = table!.shape as [number, ...number[]];
    const width = sizeOf(rest);
    const data = new Float64Array(sizeOf(y!.shape));
    ids!.data.forEach((id, i) => {
      if (!(id >= 0 && id < rows)) throw new Error(`Gather: id ${id} is not among ${rows} rows`);
      data.set(table!.data.subarray(id * width, (id + 1) * width), i * width);
    });
    return [{ shape: y!.shape, data }];
  },
  // ONNX scatters by index only; a product with the one-hot ids adds up rows that were looked up more than once.
  gradient: (g, { inputs: [table, ids], outputGradients: [dy] }) => {
    const [rows, ...rest] = table!.shape as [number, ...number[]];
    const count = sizeOf(ids!.shape);
    const chosen = oneHot(g, reshape(g, ids!, [count]), rows);
    const rowGradients = gemm(g, chosen, reshape(g, dy!, [count, sizeOf(rest)]), { transA: true });
    return [reshape(g, rowGradients, table!.shape), undefined];
  },
  couple: c => {
    const [table, ids] = c.inputs;
    c.freeze(c.input(0, 0), 'looked up by id');
    for (const d of ids!.shape.keys()) c.tie(c.input(1, d), c.output(0, d));
    for (let d = 1; d < table!.shape.length; d++)
      c.tie(c.input(0, d), c.output(0, ids!.shape.length + d - 1));
  },
  flops: () => 0,
};

export const gather = (g: GraphBuilder, table: Value, ids: Value): Value =>
  g.apply('Gather', [table, ids])[0]!;
