import type { Graph } from '../graph/graph.js';
import type { LiveModel } from '../model/live-model.js';
import type { Engine, Feeds, Tensor } from '../ports/engine.js';
import { feedsOf } from '../training/trainer.js';

/**
 * Runs a graph of a model on each batch in turn.
 * @param batches what the graph does not take is left out; the model's own arrays are fed beside it
 */
export const runBatches = async (
  engine: Engine,
  graph: Graph,
  model: LiveModel,
  batches: readonly Feeds[],
  {
    signal,
    visit,
  }: {
    readonly signal?: AbortSignal | undefined;
    readonly visit: (outputs: Readonly<Record<string, Tensor>>) => void;
  },
): Promise<void> => {
  const fed = [...model.changed.keys()].filter(name => graph.parameters.has(name));
  const executable = await engine.compile(graph, { fed });
  try {
    const fixed = feedsOf(graph, model.fed);
    for (const batch of batches) {
      signal?.throwIfAborted();
      const own = graph.inputs.map(name => [name, batch[name]!] as const);
      visit((await executable.run({ ...fixed, ...Object.fromEntries(own) })).outputs);
    }
  } finally {
    await executable.release();
  }
};
