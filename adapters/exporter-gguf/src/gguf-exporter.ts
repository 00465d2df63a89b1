import path from 'node:path';
import { stageFiles } from '@secateur/adapter-checkpoint-hf';
import type { Exported, Exporter, ExportOptions, ModelToExport } from '@secateur/core';
import { encodeElements, mainType, typeFor, type WrittenType } from './file/element-type.js';
import { type GgufTensorSource, writeGguf } from './file/write-gguf.js';
import { describeModel } from './model/describe-model.js';
import { modelMetadata } from './model/model-metadata.js';
import { modelTensors } from './model/model-tensors.js';
import { tokenizerMetadata } from './tokenizer/tokenizer-metadata.js';

/**
 * Writes GGUF files for llama.cpp: `llama`, `qwen2` and `qwen3` where all layers agree, `deci` where they differ. No more
 * than one tensor is in memory.
 */
export const createGgufExporter = (): Exporter => ({
  extension: 'gguf',
  dtypes: ['f16', 'bf16', 'f32', 'q8_0'],
  place: 'model.gguf',
  export: exportGguf,
});

const exportGguf = async (model: ModelToExport, file: string, options: ExportOptions): Promise<Exported> => {
  const { dtype, signal, onProgress } = options;
  const { checkpoint } = model;
  const described = describeModel(model);
  const tokenizer = await tokenizerMetadata(checkpoint.companions, checkpoint.config, described.vocabulary);
  const metadata = new Map([
    ...modelMetadata(described, path.basename(checkpoint.folder), dtype),
    ...tokenizer.entries,
  ]);
  const tensors = modelTensors(model, described).map(({ name, shape, values }) => {
    const type = typeFor(dtype, shape);
    return {
      name,
      shape,
      type,
      bytes: async () => {
        signal?.throwIfAborted();
        return encodeElements[type](await values());
      },
    } satisfies GgufTensorSource & { type: WrittenType };
  });
  const target = path.resolve(file);
  await stageFiles(path.dirname(target), staging =>
    staging.write(path.basename(target), staged => writeGguf(staged, metadata, tensors, onProgress)),
  );
  const fallen = tensors.filter(({ type, shape }) => shape.length > 1 && type !== mainType[dtype]);
  return {
    files: [target],
    notes: [
      ...described.notes,
      ...tokenizer.notes,
      ...(fallen.length > 0
        ? [
            `${fallen.length} of ${tensors.length} tensors are F16, since their rows are no multiple of 32: ${fallen[0]!.name}${fallen.length > 1 ? ' and others' : ''}.`,
          ]
        : []),
    ],
  };
};
