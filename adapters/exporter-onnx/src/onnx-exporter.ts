import path from 'node:path';
import {
  type ExportDType,
  type Exported,
  type Exporter,
  type ModelToExport,
  SecateurError,
} from '@secateur/core';
import type { Graph } from '@secateur/core/graph';
import { dynamicGraph, probes } from './dynamic-graph.js';
import { isLowered } from './lower/index.js';
import { type LoweredModel, lowerGraph } from './lower-graph.js';
import { BLOCK } from './q8.js';
import { writeModel } from './write-model.js';

/** A protobuf may hold less than 2 GiB; the nodes of a model take a part of it. */
const MAX_INLINE_BYTES = 2 ** 31 - 2 ** 27;

export interface OnnxExporterOptions {
  /** Where weights and tables are of more bytes than this in all, the weights lie in a file beside the model. Default 2 GiB less a margin. */
  readonly maxInlineBytes?: number;
}

const dtypes: readonly ExportDType[] = ['f32', 'f16', 'bf16', 'q8_0'];

/** Writes decoders as ONNX with open batch and sequence and a key-value cache, in standard operators alone. */
export const createOnnxExporter = ({
  maxInlineBytes = MAX_INLINE_BYTES,
}: OnnxExporterOptions = {}): Exporter => ({
  extension: 'onnx',
  dtypes,
  place: 'onnx/model.onnx',
  async export(source, file, { dtype, signal, onProgress }) {
    if (!dtypes.includes(dtype))
      throw new SecateurError('E_EXPORT', `ONNX files cannot hold ${dtype}, expected ${dtypes.join(', ')}.`);
    const lowered = lowerGraph(...traces(source), dtype);
    const files = await writeModel(path.resolve(file), lowered, {
      format: source.format,
      maxInlineBytes,
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
    });
    return { files, notes: notesOf(source, lowered, dtype, files) } satisfies Exported;
  },
});

const traces = ({ checkpoint: { config, tensors }, tracer }: ModelToExport) => {
  const trace = (batch: number, sequence: number): Graph =>
    tracer.trace(config, tensors, { batch, sequence });
  const [first, second] = probes;
  return [
    dynamicGraph([trace(first.batch, first.sequence), trace(second.batch, second.sequence)], isLowered),
    trace(1, tracer.maxSequence(config)),
  ] as const;
};

const notesOf = (
  { checkpoint: { config }, tracer }: ModelToExport,
  { kvHeads, tensors }: LoweredModel,
  dtype: ExportDType,
  files: readonly string[],
): string[] => {
  const notes: string[] = [];
  const kept = tensors.filter(({ type, shape }) => type === 'float' && shape.length > 1).length;
  if (dtype !== 'f32') notes.push('Norms and biases stay f32, and the model computes in f32.');
  if (dtype !== 'f32' && kept > 0)
    notes.push(`${kept} matrices stay f32, since the length of their rows is no multiple of ${BLOCK}.`);
  if (new Set(kvHeads).size > 1)
    notes.push(
      `KV heads differ between layers (${kvHeads.join(', ')}): onnxruntime runs the file, but transformers.js makes ` +
        'one cache for all layers and cannot feed it.',
    );
  const layers = tracer.layers(config).length;
  if (kvHeads.length < layers)
    notes.push(`${layers - kvHeads.length} of ${layers} layers have no attention and therefore no cache.`);
  if (files.length > 1)
    notes.push(
      'The weights lie in a file of their own: for transformers.js, config.json needs ' +
        '"transformers.js_config": { "use_external_data_format": true }.',
    );
  return notes;
};
