import { totalmem } from 'node:os';
import type { ResolvedConfig } from '../config/schema.js';
import { type Graph, sizeOf } from '../graph/graph.js';
import type { Passes } from './passes.js';
import { type StreamOptions, streamedPasses } from './streamed-passes.js';
import { wholePasses } from './whole-passes.js';

/** Share of the memory that the stored weights of a model may take before `auto` streams it: they are mapped. */
const largestShare = 1 / 2;

/** Bytes of memory that this process may use: the machine's, or less where a container is given less. */
const memoryAtHand = (): number => {
  const limit: number | undefined = process.constrainedMemory();
  return limit ? Math.min(limit, totalmem()) : totalmem();
};

/** Bytes of the base weights as they are stored; float32 where nothing is said. */
const storedBytes = ({ parameters }: Graph): number =>
  [...parameters.values()].reduce(
    (sum, { role, ref, shape }) => sum + (role === 'base' ? (ref?.byteLength ?? 4 * sizeOf(shape)) : 0),
    0,
  );

/** Why the weights of a model are not to be held in memory all at once; undefined where they may. */
export const tooLarge = (graph: Graph): string | undefined => {
  const [bytes, memory] = [storedBytes(graph), memoryAtHand()];
  if (bytes <= memory * largestShare) return undefined;
  const gb = (size: number): string => `${(size / 1e9).toFixed(1)} GB`;
  return `its weights take ${gb(bytes)}, and the memory is ${gb(memory)}`;
};

/** Passes over the graphs of a model, as the configuration asks for them. */
export const passesFor = (graph: Graph, stream: ResolvedConfig['stream'], options: StreamOptions): Passes =>
  (stream === 'auto' ? tooLarge(graph) !== undefined : stream)
    ? streamedPasses(options)
    : wholePasses(options.engine);
