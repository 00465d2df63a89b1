import type { ResolvedConfig } from '../config/schema.js';
import type { Graph } from '../graph/graph.js';
import { storedBytes } from '../graph/planned-bytes.js';
import { memoryAtHand } from '../memory-at-hand.js';
import type { Passes } from './passes.js';
import { type StreamOptions, streamedPasses } from './streamed-passes.js';
import { wholePasses } from './whole-passes.js';

/** Share of the memory that the stored weights of a model may take before `auto` streams it: they are mapped. */
const largestShare = 1 / 2;

/** Why the weights of a model are not to be held in memory all at once; undefined where they may. */
export const tooLarge = (graph: Graph): string | undefined => {
  const base = [...graph.parameters.values()].filter(({ role }) => role === 'base');
  const [bytes, memory] = [storedBytes(base), memoryAtHand()];
  if (bytes <= memory * largestShare) return undefined;
  const gb = (size: number): string => `${(size / 1e9).toFixed(1)} GB`;
  return `its weights take ${gb(bytes)}, and the memory is ${gb(memory)}`;
};

/** Passes over the graphs of a model, as the configuration asks for them. */
export const passesFor = (graph: Graph, stream: ResolvedConfig['stream'], options: StreamOptions): Passes =>
  (stream === 'auto' ? tooLarge(graph) !== undefined : stream)
    ? streamedPasses(options)
    : wholePasses(options.engine);
