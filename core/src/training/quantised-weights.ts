import type { Graph } from '../graph/graph.js';
import type { LiveModel } from '../model/live-model.js';
import type { QuantisedRef } from '../ports/engine.js';
import type { RunContext } from '../run-context.js';
import { quantiseRows } from './quantise.js';

/** Offsets of tensors are multiples of this many bytes. */
const ALIGNMENT = 64;

/**
 * The frozen weights of a training graph as `train.weights` has them, written anew one matrix at a time; undefined for
 * `stored`. Only linear layers of the blocks: not the embedding, the head, what is trained, and what a method has changed.
 * @param file absolute, below the run's folder
 */
export const quantisedWeights = async (
  { config, store }: Pick<RunContext, 'config' | 'store'>,
  model: LiveModel,
  graph: Graph,
  file: string,
): Promise<ReadonlyMap<string, QuantisedRef> | undefined> => {
  if (config.train.weights === 'stored') return undefined;
  const refs = new Map<string, QuantisedRef>();
  let end = 0;
  const place = (byteLength: number) => {
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    end = offset + byteLength;
    return { offset, byteLength };
  };
  for (const [param, [rows, columns]] of blockMatrices(graph)) {
    if (model.changed.has(param)) continue;
    refs.set(param, { file, values: place(rows * columns), scales: place(4 * rows) });
  }
  await store.writeFile(file, bytesOf(model, refs));
  return refs;
};

/** Base weights that linear layers of a numbered block multiply by and nothing else reads, with their shapes. */
const blockMatrices = (graph: Graph): ReadonlyMap<string, readonly [number, number]> => {
  const found = new Map<string, readonly [number, number]>();
  const read = new Set<string>();
  for (const { op, inputs, path } of graph.nodes)
    for (const [at, name] of inputs.entries()) {
      const parameter = graph.parameters.get(name);
      const isLinear = (op === 'Linear' || op === 'LoraLinear') && at === 1 && /\.\d+\./.test(path);
      if (isLinear && parameter?.ref) found.set(name, parameter.shape as readonly [number, number]);
      else read.add(name);
    }
  return new Map([...found].filter(([name]) => !read.has(name)));
};

/** The file of the refs, in their order. */
async function* bytesOf(
  model: LiveModel,
  refs: ReadonlyMap<string, QuantisedRef>,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const [param, ref] of refs) {
    const columns = model.source.tensors.get(param)!.shape[1]!;
    const { values, scales } = quantiseRows(await model.weight(param), columns);
    for (const [run, { buffer }] of [
      [ref.values, values],
      [ref.scales, scales],
    ] as const) {
      yield new Uint8Array(run.offset - at);
      yield new Uint8Array(buffer as ArrayBuffer);
      at = run.offset + run.byteLength;
    }
  }
}
