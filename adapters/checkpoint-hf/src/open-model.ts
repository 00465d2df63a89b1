import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type Checkpoint, SecateurError } from '@secateur/core';
import type { TensorRef } from '@secateur/core/graph';
import { folderEntries, refusePickle } from './folder-entries.js';
import { hashFiles, once } from './hash-files.js';
import { CONFIG, INDEX, isCompanion, WEIGHTS } from './model-files.js';
import { readJsonObject } from './read-json-object.js';
import { damaged, readSafetensorsHeader, type SafetensorsEntry } from './safetensors-header.js';
import { shown, shownValue } from './shown.js';

/**
 * Opens a model folder: `config.json` beside `model.safetensors`, or beside shards and their index.
 * Reads headers only.
 * @throws SecateurError E_MODEL_NOT_FOUND, E_MODEL_PICKLE, E_MODEL_CONFIG, E_SAFETENSORS
 */
export const openModel = async (folder: string): Promise<Checkpoint> => {
  const absolute = path.resolve(folder);
  const entries = await folderEntries(absolute, 'E_MODEL_NOT_FOUND');
  const single = entries.includes(WEIGHTS);
  if (!single && !entries.includes(INDEX)) refusePickle(absolute, entries);
  const config = await readJsonObject(path.join(absolute, CONFIG), 'E_MODEL_CONFIG');
  if (!single && !entries.includes(INDEX))
    throw new SecateurError('E_MODEL_NOT_FOUND', `${absolute} has neither ${WEIGHTS} nor ${INDEX}.`, {
      hint: 'Check that the download is complete.',
    });
  const { files, tensors } = single ? await readSingle(absolute) : await readShards(absolute);
  return {
    folder: absolute,
    config,
    tensors: asRefs(tensors),
    companions: await companionsOf(absolute, entries),
    hash: once(() => hashFiles([CONFIG, ...files].map(name => path.join(absolute, name)))),
  };
};

/** What can be copied: a folder `licenses`, or a link whose file is gone, would end a run when all the work is done. */
const companionsOf = async (folder: string, entries: readonly string[]): Promise<readonly string[]> => {
  const files: string[] = [];
  for (const name of entries.filter(isCompanion)) {
    const file = path.join(folder, name);
    const there = await stat(file).then(
      status => status.isFile(),
      () => false,
    );
    if (there) files.push(file);
  }
  return files;
};

/**
 * A checkpoint also lists tensors of types that are no weights (masks, quantised blocks), under the names of their
 * types, so that nothing is silently missing; `readTensor` refuses them.
 */
export const asRefs = (tensors: ReadonlyMap<string, SafetensorsEntry>): ReadonlyMap<string, TensorRef> =>
  tensors as ReadonlyMap<string, TensorRef>;

interface Weights {
  /** Names in the folder, sorted. */
  readonly files: readonly string[];
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
}

const readSingle = async (folder: string): Promise<Weights> => {
  const { tensors } = await readSafetensorsHeader(path.join(folder, WEIGHTS));
  return { files: [WEIGHTS], tensors };
};

/** Index and shards must agree on where every tensor lies. */
const readShards = async (folder: string): Promise<Weights> => {
  const index = path.join(folder, INDEX);
  const map = await readWeightMap(index);
  const shards = [...new Set(map.values())].sort();
  const tensors = new Map<string, SafetensorsEntry>();
  for (const shard of shards) {
    const header = await readSafetensorsHeader(path.join(folder, shard));
    for (const [name, entry] of header.tensors) {
      const expected = map.get(name);
      if (expected !== shard)
        throw damaged(
          index,
          `places ${shown(name)} in ${expected ?? 'no file'}, but ${shard} has a tensor of that name`,
        );
      tensors.set(name, entry);
    }
  }
  for (const [name, shard] of map)
    if (!tensors.has(name)) throw damaged(index, `places ${shown(name)} in ${shard}, which does not have it`);
  return { files: [INDEX, ...shards], tensors };
};

const readWeightMap = async (index: string): Promise<ReadonlyMap<string, string>> => {
  const { weight_map: map } = await readJsonObject(index, 'E_SAFETENSORS');
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw damaged(index, 'has no weight_map');
  return new Map(
    Object.entries(map).map(([name, shard]: [string, unknown]) => {
      if (typeof shard !== 'string' || !isShardName(shard))
        throw damaged(
          index,
          `places ${shown(name)} in ${shownValue(shard)}, expected a safetensors file of the folder`,
        );
      return [name, shard];
    }),
  );
};

/** A file of the folder itself, of a name that a file can have. */
const isShardName = (name: string): boolean =>
  name.length <= 255 && /^[^/\\\p{C}]+\.safetensors$/u.test(name);
