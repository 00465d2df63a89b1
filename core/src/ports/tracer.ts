import type { AxisCuts } from '../graph/compact.js';
import type { Graph, Shape, TensorRef } from '../graph/graph.js';
import { createToken } from '../token.js';
import type { ModelConfig } from './checkpoint.js';

/** Batch and sequence of a traced graph: all shapes are static. */
export interface TraceShape {
  readonly batch: number;
  /** Tokens per sequence. */
  readonly sequence: number;
}

/** Sizes of one decoder layer, as reports print them. */
export interface LayerSizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly channels: number;
}

/** Where the elements of a tensor lie in one that may be larger; what is not filled is zero. */
export interface TensorPlacement {
  readonly name: string;
  /** Its name in the model that is written; default `name`. */
  readonly source?: string;
  /** Of the new tensor. */
  readonly shape: Shape;
  /**
   * For each axis, the new index of each former one; undefined where none moves. Undefined altogether for a tensor that
   * was not there before.
   */
  readonly axes: AxisCuts | undefined;
}

/** A model in another shape, which computes the same. */
export interface ShapedModel {
  readonly config: ModelConfig;
  /** Every tensor of the new model. */
  readonly tensors: readonly TensorPlacement[];
  /** What a user should know, one sentence each. */
  readonly notes: readonly string[];
}

/** A model without the layers that do nothing. */
export interface DroppedLayers {
  readonly config: ModelConfig;
  /** Every tensor that stays, by its new name: the name that it had. */
  readonly names: ReadonlyMap<string, string>;
  /** What a user should know, one sentence each. */
  readonly notes: readonly string[];
}

/** A model with more biases. */
export interface BiasedModel {
  readonly config: ModelConfig;
  /** Shapes of the biases that are new. */
  readonly added: ReadonlyMap<string, Shape>;
}

/** What a model folder says and takes along so that its own code builds every layer at its exact size. */
export interface OwnCode {
  readonly config: ModelConfig;
  /** Absolute paths of files to copy into the folder. */
  readonly files: readonly string[];
  readonly notes: readonly string[];
}

/** Port: makes a graph of a model. Graph input `input_ids` int64 [batch, sequence]; output `logits` [batch · sequence, vocabulary]. */
export interface Tracer {
  /** Architectures it knows, as config.json names them. */
  readonly architectures: readonly string[];
  /**
   * @throws SecateurError E_MODEL_ARCHITECTURE, E_MODEL_CONFIG, E_TENSOR_MISSING, E_TENSOR_DTYPE, E_TENSOR_SHAPE
   */
  trace(config: ModelConfig, tensors: ReadonlyMap<string, TensorRef>, shape: TraceShape): Graph;
  /** Sizes of each layer. */
  layers(config: ModelConfig): readonly LayerSizes[];
  /** Longest sequence the model was made for. */
  maxSequence(config: ModelConfig): number;
  /**
   * The config that tells the truth about cut parameters: global sizes where all layers agree, else per-layer
   * overrides. `shapes` holds the new shape of every parameter.
   */
  resize(config: ModelConfig, shapes: ReadonlyMap<string, Shape>): ModelConfig;
  /**
   * Which tensors a model of this config has no place for, since all units of their part are gone: norms and biases go
   * with them. Tracers without this cannot have a part removed whole.
   */
  gone?(config: ModelConfig): (name: string) => boolean;
  /**
   * The model without the layers that lack attention and MLP; those behind move up. Undefined where there are none, or no
   * others.
   * @param names of every tensor
   */
  dropLayers?(config: ModelConfig, names: Iterable<string>): DroppedLayers | undefined;
  /**
   * The model with biases in these linear layers, and in others that have them only together. Undefined where the
   * architecture knows none.
   * @param shapes shape of every parameter
   */
  withBiases?(
    config: ModelConfig,
    shapes: ReadonlyMap<string, Shape>,
    modules: readonly string[],
  ): BiasedModel | undefined;
  /**
   * The model with all layers padded to the widest, as stock runtimes open it; one whose layers are alike keeps its
   * tensors. Tracers without this write only what they read.
   * @param shapes shape of every parameter
   * @throws SecateurError E_EXPORT when there is no such model
   */
  pad?(config: ModelConfig, shapes: ReadonlyMap<string, Shape>): ShapedModel;
  /** The model with its own code, for layers that differ. */
  ownCode?(config: ModelConfig): OwnCode;
}
export const Tracer = createToken<Tracer>('tracer', 'all');
