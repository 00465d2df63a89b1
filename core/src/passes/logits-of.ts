import type { Graph } from '../graph/graph.js';
import type { LiveModel } from '../model/live-model.js';
import type { Feeds } from '../ports/engine.js';
import type { RunContext } from '../run-context.js';
import { feedsOf } from '../training/trainer.js';

/** Logits of one batch, on a graph of the model. */
export const logitsOf = async (
  { passes, signal, progress }: Pick<RunContext, 'passes' | 'signal' | 'progress'>,
  model: LiveModel,
  graph: Graph,
  batch: Feeds,
): Promise<Float32Array> => {
  const pass = await passes.open(graph, { fed: [...model.changed.keys()] });
  let logits: Float32Array | undefined;
  try {
    await pass.run(
      [{ ...feedsOf(graph, model.fed), ...batch }],
      (_, { outputs }) => {
        logits ??= outputs.logits?.data as Float32Array | undefined;
      },
      { signal, onProgress: (done, total, place) => progress(done, total, 'batches', place) },
    );
  } finally {
    await pass.release();
  }
  return logits!;
};
