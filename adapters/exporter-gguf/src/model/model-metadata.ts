import { architectureKeys, fileTypes, generalKeys } from '@secateur/adapter-checkpoint-gguf';
import type { ExportDType } from '@secateur/core';
import { mainType } from '../file/element-type.js';
import type { MetadataValue } from '../file/metadata.js';
import type { DescribedModel } from './describe-model.js';
import type { PlannedLayer } from './layer-plan.js';

type Entry = readonly [key: string, value: MetadataValue];

/** GGML_QNT_VERSION: how blocks of quantised types are laid out. */
const QUANTIZATION_VERSION = 2;

const u32 = (value: number): MetadataValue => ({ type: 'u32', value });
const f32 = (value: number): MetadataValue => ({ type: 'f32', value });
const text = (value: string): MetadataValue => ({ type: 'string', value });

/** Keys of the model and its sizes; sizes that differ between layers are arrays. */
export const modelMetadata = (model: DescribedModel, name: string, dtype: ExportDType): readonly Entry[] => {
  const keys = architectureKeys(model.architecture);
  const perLayer = (key: keyof PlannedLayer & ('heads' | 'kvHeads' | 'channels')): MetadataValue =>
    model.architecture === 'deci'
      ? { type: 'array', of: 'i32', values: model.layers.map(layer => layer[key]) }
      : u32(model.layers[0]![key]);
  return [
    [generalKeys.architecture, text(model.architecture)],
    [generalKeys.type, text('model')],
    [generalKeys.name, text(name)],
    [generalKeys.fileType, u32(fileTypes[mainType[dtype]])],
    [generalKeys.quantizationVersion, u32(QUANTIZATION_VERSION)],
    [keys.vocabulary, u32(model.vocabulary)],
    [keys.contextLength, u32(model.context)],
    [keys.embeddingLength, u32(model.hidden)],
    [keys.blockCount, u32(model.layers.length)],
    [keys.feedForwardLength, perLayer('channels')],
    [keys.headCount, perLayer('heads')],
    [keys.headCountKv, perLayer('kvHeads')],
    // llama.cpp would take hidden / heads of the first layer, which pruned models do not keep.
    [keys.keyLength, u32(model.headDim)],
    [keys.valueLength, u32(model.headDim)],
    [keys.ropeDimensions, u32(model.headDim)],
    [keys.ropeBase, f32(model.rope.theta)],
    ...(model.rope.linear === 1
      ? []
      : ([
          [keys.ropeScalingType, text('linear')],
          [keys.ropeScalingFactor, f32(model.rope.linear)],
        ] as const)),
    [keys.epsilon, f32(model.epsilon)],
  ];
};
