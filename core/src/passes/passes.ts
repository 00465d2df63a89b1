import type { Graph } from '../graph/graph.js';
import type { CompileOptions, Feeds, RunResult } from '../ports/engine.js';

/** Called with outputs and gradients of a batch as they become known. */
export type Visit = (batch: number, result: RunResult) => void;

export interface PassOptions {
  /** Looked at between two runs of the engine. */
  readonly signal?: AbortSignal | undefined;
  /** How far the pass is, in runs of the engine; `place` is the part of the graph that it is at. */
  readonly onProgress?: ((done: number, total: number, place?: string) => void) | undefined;
}

/** A graph that is ready to be run over batches. */
export interface Pass {
  /**
   * Runs every batch. Each output and each gradient of a batch is visited once, all in one visit or in several; those
   * of one name come in the order of the batches.
   * @param batches everything that the graph is fed; what it does not take is left out
   */
  run(batches: readonly Feeds[], visit: Visit, options?: PassOptions): Promise<void>;
  /** Frees what it holds. Safe to call twice. */
  release(): Promise<void>;
}

/** How graphs are run over batches: whole, or streamed through a memory that holds one piece. */
export interface Passes {
  /** Whether no more than a piece of a graph is in memory at a time. */
  readonly streamed: boolean;
  /** @throws SecateurError E_ENGINE when the engine has no form for the graph */
  open(graph: Graph, options?: CompileOptions): Promise<Pass>;
}
