import type { Engine } from '../ports/engine.js';
import { feedsFor } from './feeds-for.js';
import type { Passes } from './passes.js';

/** Each graph is one session of the engine, with all of its weights, from its opening to its release. */
export const wholePasses = (engine: Engine): Passes => ({
  streamed: false,
  async open(graph, options = {}) {
    const executable = await engine.compile(graph, options);
    return {
      async run(batches, visit, { signal, onProgress } = {}) {
        for (const [batch, feeds] of batches.entries()) {
          signal?.throwIfAborted();
          visit(batch, await executable.run(feedsFor(graph, options, feeds)));
          onProgress?.(batch + 1, batches.length);
        }
      },
      release: () => executable.release(),
    };
  },
});
