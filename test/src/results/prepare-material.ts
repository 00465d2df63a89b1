import { sharedData } from '../shared-data.js';
import { bundledMaterial } from './bundled.js';
import type { Material } from './material.js';
import { prepareSmollm2 } from './prepare-smollm2.js';
import { prepareStories } from './stories.js';

/**
 * A model and its texts by name: `bundled`, `smollm2` or `stories`.
 * @param scratch folder for what must be made of them
 */
export const prepareMaterial = async (name: string, scratch: string): Promise<Material> => {
  if (name === 'bundled') return bundledMaterial();
  if (name === 'smollm2') return prepareSmollm2(scratch);
  const data = sharedData();
  if (data === undefined) throw new Error('this model needs the development data beside the repository');
  return prepareStories(data, scratch);
};
