import { stat } from 'node:fs/promises';
import path from 'node:path';
import type {
  Adapter,
  Checkpoint,
  CheckpointFormat,
  ModelConfig,
  NamedTensor,
  WriteOptions,
} from '@secateur/core';
import type { Shape, TensorRef } from '@secateur/core/graph';
import { CONFIG } from './model-files.js';
import { openAdapter } from './open-adapter.js';
import { openModel } from './open-model.js';
import { readTensor } from './read-tensor.js';
import { writeAdapter } from './write-adapter.js';
import { writeModel } from './write-model.js';

export interface HuggingFaceOptions {
  /** Weights are split into files of at most this many bytes. Default 5 · 10⁹. */
  readonly maxShardBytes?: number;
}

/** Hugging Face model folders (config.json and safetensors) and PEFT's LoRA adapters. */
export class HuggingFaceFormat implements CheckpointFormat {
  constructor(private readonly options: HuggingFaceOptions = {}) {}

  /** True when there is a config.json: `open` then says exactly what else is missing. */
  async recognises(folder: string): Promise<boolean> {
    return stat(path.join(folder, CONFIG)).then(
      entry => entry.isFile(),
      () => false,
    );
  }

  open(folder: string): Promise<Checkpoint> {
    return openModel(folder);
  }

  openAdapter(folder: string): Promise<Adapter> {
    return openAdapter(folder);
  }

  read(ref: TensorRef): Promise<Float32Array> {
    return readTensor(ref);
  }

  /** @throws SecateurError E_NUMERICS when a weight is too large for the element type */
  write(
    folder: string,
    config: ModelConfig,
    layout: readonly { readonly name: string; readonly shape: Shape }[],
    tensor: (name: string) => Promise<Float32Array>,
    options: WriteOptions = {},
  ): Promise<void> {
    return writeModel(folder, { ...this.options, ...options, config, layout, tensor });
  }

  /** @throws SecateurError E_ADAPTER when config and tensors do not make an adapter */
  writeAdapter(
    folder: string,
    config: Readonly<Record<string, unknown>>,
    tensors: readonly NamedTensor[],
  ): Promise<void> {
    return writeAdapter(folder, config, tensors);
  }
}

export const createHuggingFaceFormat = (options?: HuggingFaceOptions): CheckpointFormat =>
  new HuggingFaceFormat(options);
