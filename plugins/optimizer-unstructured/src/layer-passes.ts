import {
  type BatchShape,
  type Feeds,
  feedsOf,
  HiddenStates,
  hasDocuments,
  inputFeeds,
  type LiveModel,
  presence,
  type RunContext,
  type RunResult,
  type Sequence,
} from '@secateur/core';
import {
  EXIT,
  type Graph,
  type InputStatistic,
  inputName,
  layerOf,
  linear,
  type Node,
  observeInputs,
  type Piece,
  pieces,
  rebuild,
  subgraph,
  type TensorRef,
  weightOf,
} from '@secateur/core/graph';

/**
 * The calibration sequences on their way through a model, a decoder layer at a time: the inputs of its linear layers are
 * observed on the weights as they were, then the layer is run on its new weights to feed the next. Memory holds the
 * weights of one layer, and hidden states up to a bound.
 */
export class LayerPasses {
  /** Parts of the model in order: mostly one decoder layer each. */
  readonly pieces: readonly Piece[];
  readonly #states: HiddenStates;
  readonly #batches: readonly Feeds[];

  constructor(
    private readonly run: RunContext,
    private readonly model: LiveModel,
    sequences: readonly Sequence[],
  ) {
    const shape: BatchShape = {
      batch: run.config.train.microBatch,
      sequence: sequences[0]!.ids.length,
      documents: hasDocuments(sequences),
    };
    this.pieces = pieces(model.graph(shape));
    this.#states = new HiddenStates({ scratch: run.store.scratch });
    this.#batches = Array.from({ length: Math.ceil(sequences.length / shape.batch) }, (_, i) => {
      const rows = sequences.slice(i * shape.batch, (i + 1) * shape.batch);
      return { ...inputFeeds(rows, shape), present: presence(rows, shape) };
    });
  }

  /** A statistic of what these weights of a piece read, summed over all tokens, by weight. */
  async observe(
    { graph: whole, entry }: Piece,
    params: readonly string[],
    statistic: InputStatistic,
  ): Promise<ReadonlyMap<string, Float64Array>> {
    // Weights that read the same values have one statistic: that of the first of them.
    const first = firstReaders(whole, params);
    const roles = new Map([...first.values()].map(param => [inputName(statistic, param), param]));
    const seen = observeInputs(whole, new Set(roles.values()), [statistic]);
    const graph = subgraph(seen, {
      given: entry === undefined ? [] : [entry],
      outputs: new Map([...seen.outputs].filter(([role]) => roles.has(role))),
    });
    const sums = new Map<string, Float64Array>();
    await this.#through(graph, entry, async (_, outputs) => {
      for (const [role, param] of roles) {
        const { data } = outputs[role]!;
        const sum = sums.get(param) ?? new Float64Array(data.length);
        for (let i = 0; i < sum.length; i++) sum[i]! += data[i] as number;
        sums.set(param, sum);
      }
    });
    return new Map([...first].map(([param, reader]) => [param, sums.get(reader)!]));
  }

  /** Takes the hidden states through a piece of which these weights are read from there now, without their LoRA. */
  async advance({ graph, entry, exit }: Piece, weights: ReadonlyMap<string, TensorRef>): Promise<void> {
    await this.#through(withWeights(graph, entry, weights), entry, async (batch, outputs) => {
      if (entry !== undefined) await this.#states.take(entry, batch);
      await this.#states.put(exit!, batch, outputs[EXIT]!);
    });
  }

  close(): Promise<void> {
    return this.#states.clear();
  }

  async #through(
    graph: Graph,
    entry: string | undefined,
    visit: (batch: number, outputs: RunResult['outputs']) => Promise<void>,
  ): Promise<void> {
    const fixed = feedsOf(graph, this.model.fed);
    const fed = [...this.model.changed.keys()].filter(name => graph.parameters.has(name));
    const executable = await this.run.engine.compile(graph, { fed });
    try {
      for (const [batch, feeds] of this.#batches.entries()) {
        this.run.signal.throwIfAborted();
        const own = Object.entries(feeds).filter(([name]) => graph.inputs.includes(name));
        const states = entry === undefined ? {} : { [entry]: await this.#states.get(entry, batch) };
        const { outputs } = await executable.run({ ...fixed, ...Object.fromEntries(own), ...states });
        await visit(batch, outputs);
      }
    } finally {
      await executable.release();
    }
  }
}

/** Weights of the linear layers of a graph that lie in decoder layers, in execution order. */
export const linearWeights = (graph: Graph): string[] => [
  ...new Set(
    linears(graph)
      .filter(({ path }) => layerOf(path) !== undefined)
      .map(node => weightOf(node)!),
  ),
];

const linears = (graph: Graph): Node[] =>
  graph.nodes.filter(node => graph.parameters.has(weightOf(node) ?? ''));

/** For each weight the first one that reads all that it reads. */
const firstReaders = (graph: Graph, params: readonly string[]): ReadonlyMap<string, string> => {
  const inputsOf = (param: string): string =>
    linears(graph)
      .filter(node => weightOf(node) === param)
      .map(({ inputs: [x] }) => x)
      .join(' ');
  return new Map(
    params.map(param => [param, params.find(other => inputsOf(other) === inputsOf(param))!] as const),
  );
};

/** A piece that reads some of its weights from elsewhere, in plain linear layers, and gives its exit alone. */
const withWeights = (
  piece: Graph,
  entry: string | undefined,
  weights: ReadonlyMap<string, TensorRef>,
): Graph => {
  const plain = rebuild(piece, (g, node, [x, w, , , bias]) =>
    node.op === 'LoraLinear' && weights.has(weightOf(node)!) ? [linear(g, x!, w!, bias)] : undefined,
  );
  const graph = subgraph(plain, {
    given: entry === undefined ? [] : [entry],
    outputs: new Map([[EXIT, plain.outputs.get(EXIT)!]]),
  });
  const parameters = [...graph.parameters].map(([name, parameter]) => {
    const ref = weights.get(name);
    return [name, ref ? { ...parameter, ref } : parameter] as const;
  });
  return { ...graph, parameters: new Map(parameters) };
};
