import { SecateurError } from '../errors.js';
import { type Shape, sizeOf, type TensorRef } from '../graph/graph.js';
import type { Adapter, Checkpoint, CheckpointFormat, ModelConfig, NamedTensor } from '../ports/checkpoint.js';

/** A model folder in memory. */
export interface MemoryModel {
  readonly config: ModelConfig;
  readonly tensors: ReadonlyMap<string, { readonly shape: Shape; readonly data: Float32Array }>;
}

/** Model folders in memory, float32: what stages and plugins read and write in tests. It knows no adapters to open. */
export class MemoryFormat implements CheckpointFormat {
  readonly models = new Map<string, MemoryModel>();
  /** Adapters that were written, by folder. */
  readonly adapters = new Map<string, readonly NamedTensor[]>();

  async recognises(folder: string): Promise<boolean> {
    return this.models.has(folder);
  }

  async open(folder: string): Promise<Checkpoint> {
    const model = this.models.get(folder);
    if (!model) throw new SecateurError('E_MODEL_NOT_FOUND', `there is no model ${folder} in memory`);
    const tensors = new Map(
      [...model.tensors].map(([name, { shape }], index): [string, TensorRef] => [
        name,
        { file: folder, offset: index, byteLength: 4 * sizeOf(shape), dtype: 'F32', shape },
      ]),
    );
    return { folder, config: model.config, tensors, companions: [], hash: async () => folder };
  }

  async openAdapter(folder: string): Promise<Adapter> {
    throw new SecateurError('E_ADAPTER', `there is no adapter ${folder} in memory`);
  }

  async read({ file, offset }: TensorRef): Promise<Float32Array> {
    return [...this.models.get(file)!.tensors.values()][offset]!.data.slice();
  }

  async write(
    folder: string,
    config: ModelConfig,
    layout: readonly { readonly name: string; readonly shape: Shape }[],
    tensor: (name: string) => Promise<Float32Array>,
  ): Promise<void> {
    const tensors = new Map<string, { shape: Shape; data: Float32Array }>();
    for (const { name, shape } of layout) {
      const data = await tensor(name);
      if (data.length !== sizeOf(shape))
        throw new Error(`${name} has ${data.length} elements for [${shape}]`);
      tensors.set(name, { shape, data: data.slice() });
    }
    this.models.set(folder, { config, tensors });
  }

  async writeAdapter(folder: string, _config: unknown, tensors: readonly NamedTensor[]): Promise<void> {
    this.adapters.set(folder, tensors);
  }
}
