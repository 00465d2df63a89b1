import type { Graph } from '../graph/graph.js';
import type { CompileOptions, Engine, Executable } from '../ports/engine.js';

/** An engine that tells with what options it compiled, and computes with the stored weights where they are quantised. */
export const watchedEngine = (engine: Engine, compiled: CompileOptions[]): Engine => ({
  compile(graph: Graph, options: CompileOptions = {}): Promise<Executable> {
    compiled.push(options);
    const { quantised: _, ...rest } = options;
    return engine.compile(graph, rest);
  },
  info: () => engine.info(),
  close: () => engine.close(),
});
