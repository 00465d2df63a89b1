import type { Clock } from '../clock.js';
import { EXIT, type Piece, pieces, weightBytes } from '../graph/pieces.js';
import { pullBack, upstreamName } from '../graph/pull-back.js';
import type { CompileOptions, Engine, Feeds, RunResult, Tensor } from '../ports/engine.js';
import { feedsFor } from './feeds-for.js';
import { HiddenStates, type HiddenStatesOptions } from './hidden-states.js';
import type { Passes, PassOptions, Visit } from './passes.js';

/** One piece that all batches have gone through. */
export interface PieceRecord {
  /** Its module path: `model.layers.3`. */
  readonly piece: string;
  readonly direction: 'forward' | 'backward';
  readonly batches: number;
  /** Of its base weights, as float32. */
  readonly bytes: number;
  /** To open it, to run all batches, and to let it go. */
  readonly seconds: number;
  /** Processor time of all threads of the process in those seconds: what else the machine does hardly changes it. */
  readonly cpuSeconds: number;
}

export interface StreamOptions extends HiddenStatesOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly onPiece?: (record: PieceRecord) => void;
}

/**
 * A graph is cut at its waists into pieces of about a decoder layer. All batches go through one piece, then it makes
 * room for the next: memory holds the weights of one piece and the hidden states of the batches, and each weight is
 * read once, whatever the number of batches. Gradients come back the same way: a piece is run again from the hidden
 * states at its entry, and gives the gradient there from the one at its exit (the chain rule at the waist; reverse
 * mode with the waists as checkpoints, arXiv 1604.06174).
 */
export const streamedPasses = (options: StreamOptions): Passes => ({
  streamed: true,
  async open(graph, compile = {}) {
    const parts = pieces(graph);
    const homes = homesOf(parts, compile);
    return {
      run: (batches, visit, pass = {}) =>
        new StreamedRun(options, compile, { parts, homes, batches, visit, pass }).run(),
      release: async () => {},
    };
  },
});

/** The piece that reads each value by which the loss is differentiated. */
const homesOf = (parts: readonly Piece[], { wrt = [] }: CompileOptions): ReadonlyMap<string, number> =>
  new Map(
    wrt.map(name => {
      const readers = parts.flatMap(({ graph }, i) => (graph.values.has(name) ? [i] : []));
      if (readers.length !== 1)
        throw new Error(`"${name}" is read by ${readers.length} pieces of the graph, expected one`);
      return [name, readers[0]!] as const;
    }),
  );

interface Work {
  readonly parts: readonly Piece[];
  readonly homes: ReadonlyMap<string, number>;
  readonly batches: readonly Feeds[];
  readonly visit: Visit;
  readonly pass: PassOptions;
}

class StreamedRun {
  readonly #states: HiddenStates;
  readonly #last: number;
  /** The way back ends here: no gradient is wanted in the pieces before. */
  readonly #first: number;
  #done = 0;

  constructor(
    private readonly options: StreamOptions,
    private readonly compile: CompileOptions,
    private readonly work: Work,
  ) {
    this.#states = new HiddenStates(options);
    this.#last = work.parts.length - 1;
    this.#first = Math.min(work.parts.length, ...work.homes.values());
  }

  async run(): Promise<void> {
    if (this.work.batches.length === 0) return;
    try {
      for (let i = 0; i <= this.#last; i++) await this.#through(i, 'forward');
      for (let i = this.#last - 1; i >= this.#first; i--) await this.#through(i, 'backward');
    } finally {
      await this.#states.clear();
    }
  }

  /** All batches through one piece, which is opened and let go. */
  async #through(i: number, direction: PieceRecord['direction']): Promise<void> {
    const { engine, clock, onPiece } = this.options;
    const { batches, parts, pass } = this.work;
    const { path, graph: forward } = parts[i]!;
    const [start, used] = [clock.now(), process.cpuUsage()];
    const graph = direction === 'forward' ? forward : pullBack(forward, EXIT);
    const fed = this.compile.fed?.filter(name => graph.parameters.has(name)) ?? [];
    const compile = { ...this.compile, wrt: this.#wrt(i, direction), fed };
    const executable = await engine.compile(graph, compile);
    try {
      for (const [batch, feeds] of batches.entries()) {
        pass.signal?.throwIfAborted();
        const states = await this.#statesFor(i, direction, batch);
        await this.#keep(
          i,
          direction,
          batch,
          await executable.run(feedsFor(graph, compile, { ...feeds, ...states })),
        );
        pass.onProgress?.(++this.#done, this.#runs, path);
      }
    } finally {
      await executable.release();
    }
    const { user, system } = process.cpuUsage(used);
    onPiece?.({
      piece: path,
      direction,
      batches: batches.length,
      bytes: weightBytes(graph),
      seconds: (clock.now() - start) / 1000,
      cpuSeconds: (user + system) / 1e6,
    });
  }

  /** Runs of the engine in all. */
  get #runs(): number {
    return (this.#last + 1 + Math.max(0, this.#last - this.#first)) * this.work.batches.length;
  }

  /**
   * What a piece is differentiated by: what the caller asks for, and the entry where the way back goes on. The last
   * piece holds the loss, and turns round at once.
   */
  #wrt(i: number, direction: PieceRecord['direction']): string[] {
    if (direction === 'forward' && i < this.#last) return [];
    const { homes, parts } = this.work;
    const own = [...homes].filter(([, home]) => home === i).map(([name]) => name);
    return i > this.#first ? [...own, parts[i]!.entry!] : own;
  }

  /** The hidden states at the entry, and on the way back the gradient at the exit. */
  async #statesFor(i: number, direction: PieceRecord['direction'], batch: number): Promise<Feeds> {
    const { entry, exit } = this.work.parts[i]!;
    const states: Record<string, Tensor> = {};
    const comesBack = direction === 'forward' && i >= this.#first && i < this.#last;
    if (entry !== undefined) states[entry] = await this.#states[comesBack ? 'get' : 'take'](entry, batch);
    if (direction === 'backward') {
      const upstream = upstreamName(exit!);
      states[upstream] = await this.#states.take(upstream, batch);
    }
    return states;
  }

  /** Keeps what the neighbours will read, and hands on the rest. */
  async #keep(
    i: number,
    direction: PieceRecord['direction'],
    batch: number,
    result: RunResult,
  ): Promise<void> {
    const { entry, exit } = this.work.parts[i]!;
    // On the way back, `loss` is the piece's own.
    const { [EXIT]: hidden, ...outputs } = direction === 'forward' ? result.outputs : {};
    if (hidden) await this.#states.put(exit!, batch, hidden);
    const { [entry ?? '']: upstream, ...gradients } = result.gradients;
    if (upstream) await this.#states.put(upstreamName(entry!), batch, upstream);
    if (Object.keys(outputs).length + Object.keys(gradients).length > 0)
      this.work.visit(batch, { outputs, gradients });
  }
}
