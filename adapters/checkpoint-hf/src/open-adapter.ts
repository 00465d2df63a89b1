import path from 'node:path';
import { type Adapter, SecateurError } from '@secateur/core';
import { folderEntries, refusePickle } from './folder-entries.js';
import { hashFiles, once } from './hash-files.js';
import { parseLoraConfig } from './lora-config.js';
import { asRefs } from './open-model.js';
import { pairLora } from './pair-lora.js';
import { readJsonObject } from './read-json-object.js';
import { readSafetensorsHeader } from './safetensors-header.js';
import { isWeightType } from './stored-type.js';

/** File names of a PEFT adapter folder. */
export const ADAPTER_CONFIG = 'adapter_config.json';
export const ADAPTER_WEIGHTS = 'adapter_model.safetensors';

/**
 * Opens a LoRA adapter in PEFT's form. Reads config and header only.
 * @throws SecateurError E_ADAPTER, E_MODEL_PICKLE, E_SAFETENSORS
 */
export const openAdapter = async (folder: string): Promise<Adapter> => {
  const absolute = path.resolve(folder);
  const entries = await folderEntries(absolute, 'E_ADAPTER');
  const config = await readJsonObject(path.join(absolute, ADAPTER_CONFIG), 'E_ADAPTER');
  const lora = parseLoraConfig(config, path.join(absolute, ADAPTER_CONFIG));
  const weights = path.join(absolute, ADAPTER_WEIGHTS);
  if (!entries.includes(ADAPTER_WEIGHTS)) {
    refusePickle(absolute, entries);
    throw new SecateurError('E_ADAPTER', `${absolute} has no ${ADAPTER_WEIGHTS}.`, {
      hint: 'Give the folder that PEFT’s save_pretrained wrote.',
    });
  }
  const { tensors } = await readSafetensorsHeader(weights);
  for (const [name, { dtype }] of tensors)
    if (!isWeightType(dtype))
      throw new SecateurError(
        'E_ADAPTER',
        `${weights}: ${name} has the element type ${dtype}, expected F64, F32, F16 or BF16.`,
        { hint: 'Save the adapter again in one of these types.' },
      );
  return {
    config,
    rank: lora.rank,
    scaling: lora.scaling,
    modules: pairLora(asRefs(tensors), lora, weights),
    hash: once(() => hashFiles([path.join(absolute, ADAPTER_CONFIG), weights])),
  };
};
