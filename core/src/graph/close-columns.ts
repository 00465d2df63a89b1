import { GraphBuilder } from './builder.js';
import { type Graph, type Node, type Value, valueNamed } from './graph.js';
import { add } from './ops/add.js';
import { zeros } from './ops/expand.js';
import { gather } from './ops/gather.js';
import { gemm } from './ops/gemm.js';
import { matrixTranspose } from './ops/transpose.js';

/** Output role of what a layer gives with the columns of set `i` closed. */
export const closedRole = (i: number): string => `closed:${i}`;

/**
 * Adds what a linear layer would give if some of its input columns were zero, for several sets of columns: outputs
 * `closed:0`, `closed:1`, and so on, of the layer's own shape.
 *
 * Columns that the same sets close are multiplied once and the products added up, so that all sets together cost one
 * product at most, and less where every set closes a column.
 * @param node a Linear or LoraLinear of the graph
 */
export const closeColumns = (graph: Graph, node: Node, sets: readonly (readonly number[])[]): Graph => {
  const g = GraphBuilder.from(graph);
  const [x, w, ...others] = node.inputs.map(name => valueNamed(graph, name)) as [Value, Value, ...Value[]];
  const [bias, a, b] = node.op === 'LoraLinear' ? [others[2], others[0], others[1]] : [others[0]];
  const parts = partsOf(w.shape[1]!, sets);
  g.at(node.path, () => {
    const products = parts.map(({ columns }, i) => {
      const ids = g.constant(
        `${w.name}/columns/${i}`,
        [columns.length],
        () => Float64Array.from(columns),
        'int64',
      );
      const chosen = (matrix: Value): Value => gather(g, matrixTranspose(g, matrix), ids);
      const inputs = chosen(x);
      const product = gemm(g, inputs, chosen(w), { transA: true });
      if (!a || !b) return product;
      const low = gemm(g, inputs, chosen(a), { transA: true });
      return gemm(g, low, b, { transB: true, alpha: node.attributes.scaling as number }, product);
    });
    for (const set of sets.keys()) {
      const terms = products.filter((_, i) => parts[i]!.openIn.has(set));
      const sum =
        terms.length > 0 ? terms.reduce((y, term) => add(g, y, term)) : zeros(g, [x.shape[0]!, w.shape[0]!]);
      g.output(closedRole(set), bias ? add(g, sum, bias) : sum);
    }
  });
  return g.build();
};

interface Part {
  readonly columns: number[];
  /** Sets that leave these columns open; at least one. */
  readonly openIn: ReadonlySet<number>;
}

/** The columns by the sets that leave them open. */
const partsOf = (width: number, sets: readonly (readonly number[])[]): readonly Part[] => {
  const closed = sets.map(set => new Set(set));
  const parts = new Map<string, Part>();
  for (let column = 0; column < width; column++) {
    const open = [...closed.keys()].filter(set => !closed[set]!.has(column));
    if (open.length === 0) continue;
    const key = open.join();
    const part = parts.get(key) ?? { columns: [], openIn: new Set(open) };
    part.columns.push(column);
    parts.set(key, part);
  }
  return [...parts.values()];
};
