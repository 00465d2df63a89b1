import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { createRng, type Feeds, type Recompute, Trainer } from '@secateur/core';
import { differentiate, plannedBytes, withLoss } from '@secateur/core/graph';
import { openWithLora } from '../open-with-lora.js';
import { memoryNow } from './memory.js';
import type { Size } from './sizes.js';

/** In bytes, greatest over the steps. */
export interface MemoryMeasurement {
  /** Activations by the plan of the graph. */
  readonly planned: number;
  /** Memory of the process's own, the program itself included. */
  readonly anonymous: number;
  /** Pages of files: weights and libraries. */
  readonly mapped: number;
  /** Resident, both together. */
  readonly peak: number;
  /** Least of the steps behind the first, or the first where it is the only one. */
  readonly seconds: number;
  readonly loss: number;
}

export interface MemoryOptions {
  readonly rank: number;
  readonly steps: number;
  readonly recompute: Recompute;
  readonly threads?: number;
}

/** Trains a LoRA on a model folder for some steps and watches the memory of this process meanwhile. */
export const measureStep = async (
  folder: string,
  size: Size,
  { rank, steps, recompute, threads }: MemoryOptions,
): Promise<MemoryMeasurement> => {
  const model = await openWithLora(folder, rank);
  const graph = withLoss(model.graph(size));
  const wrt = [...model.lora.arrays.keys()];
  const planned = plannedBytes(differentiate(graph, { wrt, recompute: recompute === true })).activations;
  const engine = new OnnxRuntimeEngine(threads === undefined ? {} : { threads });
  const greatest = { anonymous: 0, mapped: 0 };
  const watch = setInterval(() => {
    const { anonymous, mapped } = memoryNow();
    greatest.anonymous = Math.max(greatest.anonymous, anonymous);
    greatest.mapped = Math.max(greatest.mapped, mapped);
  }, 20);
  try {
    const trainer = await Trainer.open(engine, graph, model.lora.arrays, new Map(), { recompute });
    const seconds: number[] = [];
    let loss = Number.NaN;
    for (let step = 0; step < steps; step++) {
      const start = performance.now();
      loss = await trainer.step(batchOf(size), 1e-3);
      seconds.push((performance.now() - start) / 1000);
    }
    await trainer.close();
    const later = seconds.slice(1);
    return {
      planned,
      ...greatest,
      peak: memoryNow().peak,
      seconds: Math.min(...(later.length > 0 ? later : seconds)),
      loss,
    };
  } finally {
    clearInterval(watch);
    await engine.close();
  }
};

/** Random tokens, each predicting the next, and the mean loss. */
const batchOf = ({ batch, sequence, vocabulary }: Size): Feeds => {
  const rng = createRng(2);
  const length = batch * sequence;
  const ids = BigInt64Array.from({ length: length + 1 }, () => BigInt(rng.integer(vocabulary)));
  return {
    input_ids: { shape: [batch, sequence], data: ids.slice(0, length) },
    targets: { shape: [length], data: ids.slice(1) },
    weights: { shape: [length], data: new Float32Array(length).fill(1 / length) },
  };
};
