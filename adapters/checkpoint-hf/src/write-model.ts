import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ModelConfig, WriteOptions } from '@secateur/core';
import type { Shape } from '@secateur/core/graph';
import { encodeBFloat16, encodeFloat16 } from './half.js';
import { CONFIG, INDEX, isWeightFile, shardName, WEIGHTS } from './model-files.js';
import { type Staging, stageFiles } from './staging.js';
import { byteLengthOf } from './stored-type.js';
import { streamSafetensors, type TensorSource } from './write-safetensors.js';

type Layout = readonly { readonly name: string; readonly shape: Shape }[];
type WeightDType = NonNullable<WriteOptions['dtype']>;

export interface ModelToWrite {
  readonly config: ModelConfig;
  /** Names and shapes; shards are filled in this order. */
  readonly layout: Layout;
  /** Element type on disk. Default F32. */
  readonly dtype?: WeightDType;
  /** The float32 elements of a tensor: all of them, or pieces in their order. Called once for each. */
  readonly tensor: (name: string) => Promise<Float32Array> | AsyncIterable<Float32Array>;
  /** Files to copy into the folder under their own names. */
  readonly companions?: readonly string[];
  /** Further JSON documents, by file name. */
  readonly documents?: Readonly<Record<string, unknown>>;
  /** Files grow no larger than this; a tensor that is larger has a file of its own. Default 5 · 10⁹. */
  readonly maxShardBytes?: number;
}

const encoders = { F32: (values: Float32Array) => values, F16: encodeFloat16, BF16: encodeBFloat16 } as const;

async function* encoded(
  elements: ReturnType<ModelToWrite['tensor']>,
  dtype: WeightDType,
): AsyncIterable<Float32Array | Uint16Array> {
  const pieces = Symbol.asyncIterator in elements ? elements : [await elements];
  for await (const piece of pieces) yield encoders[dtype](piece);
}

/**
 * Writes a model folder. All files appear together, `config.json` last; weight files of a former model go away.
 * The same model gives the same bytes.
 * @throws SecateurError E_NUMERICS when a weight is too large for the element type
 */
export const writeModel = async (folder: string, model: ModelToWrite): Promise<void> => {
  const {
    config,
    layout,
    dtype = 'F32',
    tensor,
    companions = [],
    documents = {},
    maxShardBytes = 5e9,
  } = model;
  const shards = splitIntoShards(layout, dtype, maxShardBytes);
  const files = shards.map((_, i) => (shards.length === 1 ? WEIGHTS : shardName(i + 1, shards.length)));
  await stageFiles(folder, async staging => {
    for (const [i, shard] of shards.entries()) {
      const sources = shard.map(
        ({ name, shape }): TensorSource => ({
          name,
          shape,
          dtype,
          elements: () => encoded(tensor(name), dtype),
        }),
      );
      await staging.write(files[i]!, file => streamSafetensors(file, sources));
    }
    if (shards.length > 1) await writeJson(staging, INDEX, indexOf(shards, files, dtype));
    for (const companion of companions)
      await staging.write(path.basename(companion), async file => file.write(await readFile(companion)));
    for (const [name, document] of Object.entries(documents)) await writeJson(staging, name, document);
    await writeJson(staging, CONFIG, withDType(config, dtype));
  });
  await removeStale(folder, shards.length > 1 ? [...files, INDEX] : files);
};

const dtypeNames = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

/** Loaders go by `torch_dtype` (transformers 5: `dtype`), so where it stands it must be true. */
const withDType = (config: ModelConfig, dtype: WeightDType): ModelConfig => {
  const keys = ['torch_dtype', 'dtype'].filter(key => typeof config[key] === 'string');
  return { ...config, ...Object.fromEntries(keys.map(key => [key, dtypeNames[dtype]])) };
};

const splitIntoShards = (layout: Layout, dtype: WeightDType, maxBytes: number): readonly Layout[] => {
  const shards: Layout[number][][] = [[]];
  let filled = 0;
  for (const entry of layout) {
    const bytes = byteLengthOf(dtype, entry.shape);
    if (filled > 0 && filled + bytes > maxBytes) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(entry);
    filled += bytes;
  }
  return shards;
};

const indexOf = (shards: readonly Layout[], files: readonly string[], dtype: WeightDType) => {
  const places = shards.flatMap((shard, i) => shard.map(({ name }) => [name, files[i]!] as const));
  const total = shards.flat().reduce((sum, { shape }) => sum + byteLengthOf(dtype, shape), 0);
  places.sort(([a], [b]) => (a < b ? -1 : 1));
  return { metadata: { total_size: total }, weight_map: Object.fromEntries(places) };
};

/** A former model's `model.safetensors` would be read in place of new shards. */
const removeStale = async (folder: string, written: readonly string[]): Promise<void> => {
  for (const name of await readdir(folder))
    if (isWeightFile(name) && !written.includes(name)) await rm(path.join(folder, name));
};

/** Writes JSON, indented by 2 spaces, with a line break at the end. */
export const writeJson = (staging: Staging, name: string, value: unknown): Promise<void> =>
  staging.write(name, file => file.write(new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)));
