import type { RemovalGroup } from '../domain/removal-group.js';
import { closeColumns, closedRole } from '../graph/close-columns.js';
import { flopsOf } from '../graph/flops.js';
import { type Graph, sizeOf, valueNamed } from '../graph/graph.js';
import { consumerOf, insertGates } from '../graph/insert-gates.js';
import { indicesOfUnit } from '../graph/layout.js';
import { layersReading } from '../graph/linear-weight.js';
import { type Place, places } from '../graph/places.js';
import { subgraph } from '../graph/subgraph.js';

/** Units of one group that are closed, everything else intact. */
export interface Candidate {
  readonly group: RemovalGroup;
  /** Each once. */
  readonly closed: readonly number[];
}

/** All candidates that are closed at one layer: the walk through the model stops behind it. */
export interface AblationStep {
  readonly candidates: readonly Candidate[];
  /** From the place before to the place behind the layer: what passes it, by name, and `closed:i` of candidate i. */
  readonly advance: Graph;
  /** From that place to `nll`, for the sequences of a batch `together` times over. */
  readonly rest: Graph;
  /** Candidates that one run of `rest` holds; divides their number. */
  readonly together: number;
  /** What passes the place. */
  readonly live: readonly string[];
  /** What the layer gives: the one of these in which candidates differ. */
  readonly output: string;
}

export interface AblationPlan {
  /** In execution order. */
  readonly steps: readonly AblationStep[];
  /** From the last place to `nll`: the dense model. */
  readonly finish: Graph;
}

/**
 * Plans the losses of all candidates as one walk through the dense model. A candidate shares everything up to the layer
 * that reads its group, and the product there; it pays for what lies behind, and for no backward pass.
 *
 * Throws a plain Error for a group that no single linear layer reads.
 * @param lossGraph the graph with output `nll`, for the sequences of a batch that many times over
 * @param most batches that one run may hold: candidates of one layer run side by side while they fit
 */
export const planAblation = (
  candidates: readonly Candidate[],
  lossGraph: (copies: number) => Graph,
  { rows, most = 1 }: { readonly rows: number; readonly most?: number },
): AblationPlan => {
  const graph = lossGraph(1);
  const nll = (of: Graph) => new Map([['nll', of.outputs.get('nll')!]]);
  const wide = new Map<number, Graph>([[1, graph]]);
  let given: readonly string[] = [];
  const steps = byLayer(graph, candidates).map(({ place, candidates: own }): AblationStep => {
    const node = graph.nodes[place.at - 1]!;
    const closed = closeColumns(graph, node, own.map(columnsOf));
    const advance = subgraph(closed, {
      given,
      outputs: new Map([
        ...place.live.map(name => [name, name] as const),
        ...own.map((_, i) => [closedRole(i), closed.outputs.get(closedRole(i))!] as const),
      ]),
    });
    given = place.live;
    const together = largestDivisor(own.length, most);
    const whole = wide.get(together) ?? lossGraph(together);
    wide.set(together, whole);
    // Where another layer reads the same weight, the gates there stay in the graph.
    const gated = insertGates(whole, [...new Set(own.map(({ group }) => group))], rows * together);
    const rest = subgraph(gated, { given, outputs: nll(gated) });
    return { candidates: own, advance, rest, together, live: given, output: node.outputs[0]! };
  });
  return { steps, finish: subgraph(graph, { given, outputs: nll(graph) }) };
};

/** Runs of `rest` for one batch. */
export const runsOf = ({ candidates, together }: AblationStep): number => candidates.length / together;

/** Floating point operations of a plan, a multiply-add counted as 2. */
export const flopsOfPlan = ({ steps, finish }: AblationPlan, batches: number): number =>
  batches *
  steps.reduce(
    (sum, step) => sum + flopsOf(step.advance) + runsOf(step) * flopsOf(step.rest),
    flopsOf(finish),
  );

/** Bytes that a batch is fed with and gives where these are most, as float32: what it keeps of its hidden states. */
export const bytesPerBatch = ({ steps, finish }: AblationPlan): number =>
  Math.max(
    ...[...steps.map(({ advance }) => advance), finish].map(graph =>
      [...graph.inputs, ...graph.outputs.values()].reduce(
        (sum, name) => sum + 4 * sizeOf(valueNamed(graph, name).shape),
        0,
      ),
    ),
  );

/** The candidates by the first layer that reads their group, and the place behind it. */
const byLayer = (
  graph: Graph,
  candidates: readonly Candidate[],
): { readonly place: Place; readonly candidates: readonly Candidate[] }[] => {
  const found = new Map<number, Candidate[]>();
  for (const candidate of candidates) {
    const { id } = candidate.group;
    const consumer = consumerOf(candidate.group);
    const [reader] = consumer ? layersReading(graph, consumer.param) : [];
    if (!reader) throw new Error(`${id} is not read by one linear layer`);
    const at = graph.nodes.indexOf(reader);
    found.set(at, [...(found.get(at) ?? []), candidate]);
  }
  const behind = places(graph);
  return [...found].sort(([a], [b]) => a - b).map(([at, own]) => ({ place: behind[at]!, candidates: own }));
};

/** Input columns of the layer that reads the closed units. */
const columnsOf = ({ group, closed }: Candidate): number[] => {
  const { layout } = consumerOf(group)!;
  return closed.flatMap(unit => indicesOfUnit(layout, group.dimension, unit));
};

const largestDivisor = (n: number, most: number): number => {
  for (let divisor = Math.min(n, Math.max(1, Math.floor(most))); divisor > 1; divisor--)
    if (n % divisor === 0) return divisor;
  return 1;
};
