import type { BatchShape } from '../data/sequence.js';
import type { RemovalGroup } from '../domain/removal-group.js';
import { attachLora } from '../graph/attach-lora.js';
import { couple } from '../graph/couple.js';
import type { Graph, TensorRef } from '../graph/graph.js';
import { sizeOf, valueNamed } from '../graph/graph.js';
import { withDocuments } from '../graph/with-documents.js';
import type { CheckpointFormat, ModelConfig } from '../ports/checkpoint.js';
import type { Tracer } from '../ports/tracer.js';
import { type LoraState, loraProduct } from './lora-state.js';

/** Where a model's pieces come from. */
export interface ModelSource {
  readonly config: ModelConfig;
  readonly tensors: ReadonlyMap<string, TensorRef>;
  readonly tracer: Tracer;
  readonly format: CheckpointFormat;
}

/**
 * A model with its LoRA, as the stages work on it: base weights in their file, the adapter in memory. Weights that a
 * method has changed (`changed`) are fed instead of being read.
 */
export class LiveModel {
  /** Removal groups with the adapter's axes among their members. */
  readonly groups: readonly RemovalGroup[];
  /** Token ids are below this. */
  readonly vocabulary: number;

  constructor(
    readonly source: ModelSource,
    readonly lora: LoraState,
    /** Base weights that differ from the file, row-major. */
    readonly changed: ReadonlyMap<string, Float32Array> = new Map(),
  ) {
    // Coupling does not depend on the extents of batch and sequence; small ones keep it quick.
    const graph = this.graph({ batch: 1, sequence: 2 });
    this.groups = couple(graph).groups;
    this.vocabulary = valueNamed(graph, graph.outputs.get('logits')!).shape[1]!;
  }

  /** The logits graph with LoRA attached and, where the shape says so, documents kept apart. */
  graph({ documents = false, ...shape }: BatchShape): Graph {
    const { tracer, config, tensors } = this.source;
    const graph = attachLora(tracer.trace(config, tensors, shape), this.lora.specs);
    return documents ? withDocuments(graph) : graph;
  }

  /** A base weight as the model has it now, float32. */
  async weight(param: string): Promise<Float32Array> {
    const changed = this.changed.get(param);
    if (changed) return changed;
    const ref = this.source.tensors.get(param);
    if (!ref) throw new Error(`the model has no parameter ${param}`);
    return this.source.format.read(ref);
  }

  /** W + scaling · B A: what the merged model holds under that name. */
  async merged(param: string): Promise<Float32Array> {
    const weight = await this.weight(param);
    const module = moduleOf(param);
    const spec = this.lora.specs.get(module);
    const shape = this.source.tensors.get(param)!.shape;
    if (!spec || shape.length !== 2) return weight;
    const product = loraProduct(this.lora, module, shape as readonly [number, number])!;
    return weight.map((w, i) => w + spec.scaling * product[i]!);
  }

  /** Everything that must be fed beside the batch: the adapter's factors and the changed weights. */
  get fed(): ReadonlyMap<string, Float32Array> {
    return new Map([...this.lora.arrays, ...this.changed]);
  }

  /** Base parameters of the whole model and of its blocks (all that lies in a numbered layer). */
  count(): { readonly model: number; readonly blocks: number } {
    const graph = this.graph({ batch: 1, sequence: 2 });
    let model = 0;
    let blocks = 0;
    for (const { name, role, shape } of graph.parameters.values()) {
      if (role !== 'base') continue;
      model += sizeOf(shape);
      if (/\.\d+\./.test(name)) blocks += sizeOf(shape);
    }
    return { model, blocks };
  }
}

/** The module of a weight: its name without the last part. */
export const moduleOf = (param: string): string => param.slice(0, param.lastIndexOf('.'));
