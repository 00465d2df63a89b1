import path from 'node:path';
import type { NamedTensor } from '@secateur/core';
import { parseLoraConfig } from './lora-config.js';
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS } from './open-adapter.js';
import { pairLora, withPeftPrefix } from './pair-lora.js';
import { stageFiles } from './staging.js';
import { writeJson } from './write-model.js';
import { streamSafetensors, tensorOf } from './write-safetensors.js';

/**
 * Writes a LoRA adapter in PEFT's form, as F32. Tensors are named `<module>.lora_A.weight` and `<module>.lora_B.weight`,
 * with or without PEFT's prefix `base_model.model.`; files carry the prefix.
 * @throws SecateurError E_ADAPTER when config and tensors do not make an adapter that opens again
 */
export const writeAdapter = async (
  folder: string,
  config: Readonly<Record<string, unknown>>,
  tensors: readonly NamedTensor[],
): Promise<void> => {
  const named = tensors.map(tensor => ({ ...tensor, name: withPeftPrefix(tensor.name) }));
  const lora = parseLoraConfig(config, path.join(folder, ADAPTER_CONFIG));
  pairLora(
    named.map(tensor => [tensor.name, tensor] as const),
    lora,
    path.join(folder, ADAPTER_WEIGHTS),
  );
  await stageFiles(folder, async staging => {
    await staging.write(ADAPTER_WEIGHTS, file =>
      streamSafetensors(
        file,
        named.map(({ name, shape, data }) => tensorOf(name, shape, data)),
      ),
    );
    await writeJson(staging, ADAPTER_CONFIG, config);
  });
};
