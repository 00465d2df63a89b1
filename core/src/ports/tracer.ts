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
}
export const Tracer = createToken<Tracer>('tracer', 'all');
