import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createOnnxFormat } from '@secateur/adapter-checkpoint-onnx';
import {
  type ElementType,
  elementTypes,
  type OnnxAttribute,
  OnnxModelBuilder,
} from '@secateur/adapter-onnx-format';
import { createRng } from '@secateur/core';
import { type Graph, type Shape, sizeOf } from '@secateur/core/graph';
import { outputAt } from '@secateur/core/testing';
import { onnxTracer } from '@secateur/plugin-tracer-onnx';
import type { ExecutionContext } from 'ava';
import { scratchFolder } from '../scratch.js';

process.env.ORT_DISABLE_TELEMETRY ??= '1';
const ort = await import('onnxruntime-node');

export const shape = { batch: 2, sequence: 3 };
const ids = [1, 4, 0, 3, 2, 4];

/** A small decoder around a few nodes: `x` are rows of a weight, [2, 3, 4]. */
export class NodeBench {
  readonly model: OnnxModelBuilder;
  #count = 0;

  constructor(opset: number) {
    this.model = new OnnxModelBuilder({ opset });
    this.model.input('input_ids', 'int64', ['batch', 'sequence']);
    this.weight('table', [5, 4]);
    this.model.node({ op: 'Gather', inputs: ['table', 'input_ids'], outputs: ['x'] });
  }

  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain: '' | 'com.microsoft' = '',
  ): string {
    return this.nodes(op, 1, inputs, attributes, domain)[0]!;
  }

  nodes(
    op: string,
    count: number,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain: '' | 'com.microsoft' = '',
  ): string[] {
    const outputs = Array.from({ length: count }, () => `y${this.#count++}`);
    this.model.node({ op, inputs, outputs, attributes, domain });
    return outputs;
  }

  cast(x: string, to: ElementType): string {
    return this.node('Cast', [x], { to: { int: elementTypes[to] } });
  }

  ints(values: readonly number[], extents: Shape = [values.length]): string {
    return this.#constant('int64', extents, BigInt64Array.from(values, BigInt));
  }

  /** int32, as operators of onnxruntime take lengths. */
  lengths(values: readonly number[], extents: Shape = [values.length]): string {
    return this.#constant('int32', extents, Int32Array.from(values));
  }

  floats(values: readonly number[], extents: Shape = [values.length]): string {
    return this.#constant('float', extents, Float32Array.from(values));
  }

  bools(values: readonly number[], extents: Shape = [values.length]): string {
    return this.#constant('bool', extents, Uint8Array.from(values));
  }

  /** Numbers 0, 1, 2, ... that are known only by way of a shape, so that they are no weights. */
  counted(extents: Shape): string {
    const count = sizeOf(extents);
    const limit = this.node('Add', [this.node('Size', ['x']), this.ints([count - 2 * 3 * 4], [])]);
    const range = this.node('Range', [this.ints([0], []), limit, this.ints([1], [])]);
    return this.node('Reshape', [this.cast(range, 'float'), this.ints(extents)]);
  }

  weight(name: string, extents: Shape): string {
    const rng = createRng(7).fork(name);
    const data = Float32Array.from({ length: sizeOf(extents) }, () => 0.3 + rng.normal());
    this.model.initializer(name, 'float', extents, new Uint8Array(data.buffer));
    return name;
  }

  #constant(
    type: ElementType,
    extents: Shape,
    data: BigInt64Array | Float32Array | Int32Array | Uint8Array,
  ): string {
    const name = `c${this.#count++}`;
    this.model.initializer(name, type, extents, new Uint8Array(data.buffer));
    return name;
  }
}

/** Makes the model of which `result` is seen, known or not; returns what the graph and what onnxruntime say. */
export const runBoth = async (
  t: ExecutionContext,
  make: (bench: NodeBench) => string,
  opset = 18,
): Promise<{ readonly graph: Graph; readonly ours: Float64Array; readonly theirs: Float32Array }> => {
  const bench = new NodeBench(opset);
  const row = bench.node('Reshape', [bench.cast(make(bench), 'float'), bench.ints([1, 1, -1])]);
  const first = bench.node('Slice', ['x', bench.ints([0]), bench.ints([1]), bench.ints([2])]);
  bench.model.node({ op: 'Add', inputs: [first, row], outputs: ['logits'] });
  bench.model.output('logits', 'float', ['batch', 'sequence', 'vocabulary']);
  const file = path.join(scratchFolder(t), 'model.onnx');
  writeFileSync(file, bench.model.encode());

  const format = createOnnxFormat();
  const { config, tensors } = await format.open(file);
  const graph = onnxTracer.trace(config, tensors, shape);
  const feeds = await Promise.all(
    [...graph.parameters.values()].map(async ({ name, shape: extents, ref }) => [
      name,
      { shape: extents, data: Float64Array.from(await format.read(ref!)) },
    ]),
  );
  const input_ids = { shape: [2, 3], data: Float64Array.from(ids) };
  const ours = outputAt(graph, 'logits', { ...Object.fromEntries(feeds), input_ids });

  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  const { logits } = await session.run({
    input_ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [2, 3]),
  });
  await session.release();
  return { graph, ours, theirs: logits!.data as Float32Array };
};
