import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OnnxRuntimeEngine, type OnnxRuntimeOptions } from '@secateur/adapter-engine-onnxruntime';
import { gemmPeak, type Tensor } from '@secateur/core';
import { type Graph, sizeOf } from '@secateur/core/graph';
import { decoder } from './decoder.js';
import { type Memory, memoryNow } from './memory.js';
import { type Size, stepFlops } from './sizes.js';
import { WeightFile } from './weight-file.js';

export interface Measurement {
  readonly device: string;
  readonly driver: string | null;
  readonly threads: number;
  readonly weightBytes: number;
  readonly compileSeconds: number;
  readonly firstStepSeconds: number;
  /** Median of the steps after the first. */
  readonly stepSeconds: number;
  readonly tokensPerSecond: number;
  readonly gflops: number;
  /** Best 1024³ products in the same process, before or after the steps. */
  readonly peakGflops: number;
  readonly fractionOfPeak: number;
  readonly memory: Memory;
  readonly loss: number;
}

export interface MeasureOptions {
  readonly steps: number;
  readonly rank: number;
  readonly threads?: number;
  readonly device?: NonNullable<OnnxRuntimeOptions['device']>;
}

/** One LoRA step of a random model of the size, timed: loss, gradients of all LoRA matrices and gates. */
export const measure = async (
  size: Size,
  { steps, rank, ...options }: MeasureOptions,
): Promise<Measurement> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'secateur-bench-'));
  const engine = new OnnxRuntimeEngine(options);
  try {
    const peakBefore = await gemmPeak(engine);
    const weights = new WeightFile(path.join(folder, 'model.safetensors'));
    const { graph, trained } = decoder(size, rank, (_, shape) => weights.add(shape));
    weights.close();
    const compileStart = performance.now();
    const executable = await engine.compile(graph, { wrt: trained });
    const compileSeconds = (performance.now() - compileStart) / 1000;

    const feeds = feedsOf(graph, size);
    const seconds: number[] = [];
    let loss = Number.NaN;
    for (let step = 0; step <= steps; step++) {
      const start = performance.now();
      const { outputs } = await executable.run(feeds);
      seconds.push((performance.now() - start) / 1000);
      loss = Number(outputs.loss!.data[0]);
    }
    const memory = memoryNow();
    await executable.release();
    const peakGflops = Math.max(peakBefore, await gemmPeak(engine));
    const stepSeconds = median(seconds.slice(1));
    const gflops = stepFlops(size) / stepSeconds / 1e9;
    const { device, driver = null, threads } = engine.info();
    return {
      device,
      driver,
      threads,
      weightBytes: weights.byteLength,
      compileSeconds,
      firstStepSeconds: seconds[0]!,
      stepSeconds,
      tokensPerSecond: (size.batch * size.sequence) / stepSeconds,
      gflops,
      peakGflops,
      fractionOfPeak: gflops / peakGflops,
      memory,
      loss,
    };
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Tokens in a fixed pattern, gates 1, small LoRA matrices, the mean loss. */
const feedsOf = (graph: Graph, size: Size): Record<string, Tensor> => {
  const fed = [...graph.inputs, ...[...graph.parameters.values()].filter(p => !p.ref).map(p => p.name)];
  return Object.fromEntries(
    fed.map(name => {
      const { dtype, shape } = graph.values.get(name)!;
      const length = sizeOf(shape);
      if (dtype === 'int64') {
        const token = (_: unknown, i: number): bigint => BigInt((i * 7919) % size.vocabulary);
        return [name, { shape, data: BigInt64Array.from({ length }, token) }];
      }
      if (name.includes('.lora_'))
        return [name, { shape, data: Float32Array.from({ length }, (_, i) => 0.02 * Math.sin(i)) }];
      return [name, { shape, data: new Float32Array(length).fill(name === 'weights' ? 1 / length : 1) }];
    }),
  );
};

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
