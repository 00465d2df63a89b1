import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { createOnnxExporter, type OnnxExporterOptions } from '@secateur/adapter-exporter-onnx';
import type { ExportDType, Exported, ModelConfig, ModelToExport, Selection } from '@secateur/core';
import { couple, cutShape, cutsOf, cutTensor } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import { writeTiny } from '../families/tiny-checkpoint.js';

export const format = createHuggingFaceFormat();

/** Writes a tiny model and opens it. */
export const tinyToExport = async (folder: string, config: ModelConfig): Promise<ModelToExport> => {
  await writeTiny(folder, config);
  return openModel(folder);
};

export const openModel = async (folder: string): Promise<ModelToExport> => ({
  checkpoint: await format.open(folder),
  format,
  tracer: llamaTracer,
});

/** Writes the model with other weights of the same shapes. */
export const writeWeights = (
  { checkpoint }: ModelToExport,
  folder: string,
  change: (name: string, data: Float32Array) => Float32Array | Promise<Float32Array>,
  dtype: 'F32' | 'F16' | 'BF16' = 'F32',
): Promise<void> =>
  format.write(
    folder,
    checkpoint.config,
    [...checkpoint.tensors].map(([name, { shape }]) => ({ name, shape })),
    async name => change(name, await format.read(checkpoint.tensors.get(name)!)),
    { dtype },
  );

/** Writes the model without some units, and opens it. */
export const writeCut = async (
  { checkpoint, tracer }: ModelToExport,
  selection: Selection,
  folder: string,
): Promise<ModelToExport> => {
  const { config, tensors } = checkpoint;
  const { groups } = couple(tracer.trace(config, tensors, { batch: 1, sequence: 2 }));
  const cuts = cutsOf(selection, groups);
  const layout = [...tensors].map(([name, { shape }]) => ({ name, shape: cutShape(shape, cuts.get(name)) }));
  await format.write(
    folder,
    tracer.resize(config, new Map(layout.map(({ name, shape }) => [name, shape]))),
    layout,
    async name => cutTensor(await format.read(tensors.get(name)!), tensors.get(name)!.shape, cuts.get(name)),
  );
  return openModel(folder);
};

/** Exports a model into its folder; the first file is the model. */
export const exportOnnx = (
  model: ModelToExport,
  dtype: ExportDType = 'f32',
  options: OnnxExporterOptions = {},
): Promise<Exported> => {
  const exporter = createOnnxExporter(options);
  return exporter.export(model, path.join(model.checkpoint.folder, exporter.place), { dtype });
};

/** Largest absolute difference; infinite where lengths differ. */
export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length
    ? Array.from(a).reduce((max, x, i) => Math.max(max, Math.abs(x - b[i]!)), 0)
    : Number.POSITIVE_INFINITY;
