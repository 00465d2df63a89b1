import { fileURLToPath } from 'node:url';
import type { ModelConfig, OwnCode } from '@secateur/core';
import { readArchitecture } from './architecture.js';
import { withLayerShapes } from './resize.js';

/** The Python module that a model folder takes along. */
export const MODULE = 'modeling_secateur';

/**
 * config.json and code for layers of different sizes: no stock class of transformers builds them. The model type is its
 * own, since stock code that knew it would fill absent parts with random weights and only warn.
 */
export const ownCode = (config: ModelConfig): OwnCode => {
  const { family, headDim, layers } = readArchitecture(config);
  const name = family.replace('ForCausalLM', '');
  return {
    config: {
      ...withLayerShapes(config, headDim, layers),
      architectures: [family],
      model_type: `secateur_${name.toLowerCase()}`,
      auto_map: {
        AutoConfig: `${MODULE}.${name}Config`,
        AutoModelForCausalLM: `${MODULE}.${family}`,
      },
    },
    files: [fileURLToPath(new URL(`../python/${MODULE}.py`, import.meta.url))],
    notes: [
      `layers differ in size or lack a part, so that transformers needs ${MODULE}.py of the folder: from_pretrained(folder, trust_remote_code=True)`,
    ],
  };
};
