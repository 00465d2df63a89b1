import type { Shape, TensorRef } from '../graph/graph.js';
import { createToken } from '../token.js';

/** config.json as it is: keys that we do not know are kept. */
export type ModelConfig = Readonly<Record<string, unknown>>;

/** A model folder, opened and checked: headers are read, tensor bytes are not. */
export interface Checkpoint {
  /** Absolute path of the folder: that of the tokenizer too. */
  readonly folder: string;
  readonly config: ModelConfig;
  /** Every tensor by name; offsets and lengths were checked against the file. */
  readonly tensors: ReadonlyMap<string, TensorRef>;
  /** Tokenizer and other small files that a written model takes along: absolute paths. */
  readonly companions: readonly string[];
  /** sha256 (hex) over config and weight files. Computed on first call, streamed. */
  hash(): Promise<string>;
}

/** A LoRA adapter in PEFT's terms. `W + scaling · B A` is the effective weight. */
export interface Adapter {
  /** adapter_config.json as it is. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly rank: number;
  /** α/r, or α/√r with rsLoRA. */
  readonly scaling: number;
  /** By module path (`model.layers.0.self_attn.q_proj`): A [r, in], B [out, r]. */
  readonly modules: ReadonlyMap<
    string,
    { readonly a: TensorRef; readonly b: TensorRef; readonly rank: number; readonly scaling: number }
  >;
  hash(): Promise<string>;
}

/** A tensor to be written. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
}

export interface WriteOptions {
  /** Element type on disk. Default F32. BF16 and F16 round to nearest even. */
  readonly dtype?: 'F32' | 'F16' | 'BF16';
  /** Files to copy into the folder. */
  readonly companions?: readonly string[];
}

/** Port: opens model folders and adapters, reads tensors, writes both. */
export interface CheckpointFormat {
  /** True when the folder looks like this format; never throws. */
  recognises(folder: string): Promise<boolean>;
  /** @throws SecateurError E_MODEL_NOT_FOUND, E_MODEL_CONFIG, E_MODEL_PICKLE, E_SAFETENSORS, E_TENSOR_DTYPE */
  open(folder: string): Promise<Checkpoint>;
  /** @throws SecateurError E_ADAPTER, E_SAFETENSORS */
  openAdapter(folder: string): Promise<Adapter>;
  /** The tensor as float32, whatever its stored type. */
  read(ref: TensorRef): Promise<Float32Array>;
  /**
   * Writes a model folder: temporary name, synced, renamed. Tensors are taken one at a time, so that only one needs to
   * be in memory. Their names and shapes must be known first (`layout`).
   */
  write(
    folder: string,
    config: ModelConfig,
    layout: readonly { readonly name: string; readonly shape: Shape }[],
    tensor: (name: string) => Promise<Float32Array>,
    options?: WriteOptions,
  ): Promise<void>;
  /** Writes adapter_config.json and adapter_model.safetensors as PEFT names them. */
  writeAdapter(
    folder: string,
    config: Readonly<Record<string, unknown>>,
    tensors: readonly NamedTensor[],
  ): Promise<void>;
}
export const CheckpointFormat = createToken<CheckpointFormat>('checkpoint', 'all');
