import { sharedData } from '../shared-data.js';
import { bundledMaterial } from './bundled.js';
import { type Material, plainTexts } from './material.js';
import { smollm2Folder } from './smollm2.js';
import { prepareStories } from './stories.js';

/**
 * A model and its texts by name: `bundled`, `smollm2` or `stories`.
 * @param scratch folder for what must be made of them
 */
export const prepareMaterial = async (name: string, scratch: string): Promise<Material> => {
  if (name === 'bundled') return bundledMaterial();
  if (name === 'smollm2') {
    // The adapter is the bundled model's, and so are instructions by its rules.
    const { adapter: _, sources, ...rest } = bundledMaterial();
    return { ...rest, sources: plainTexts(sources), model: await smollm2Folder(scratch) };
  }
  const data = sharedData();
  if (data === undefined) throw new Error('this model needs the development data beside the repository');
  return prepareStories(data, scratch);
};
