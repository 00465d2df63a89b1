import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

const isFile = (file: string): Promise<boolean> =>
  stat(file).then(
    entry => entry.isFile(),
    () => false,
  );

/** Whether a folder has config.json and safetensors, whole or in shards. */
export const isModelFolder = async (folder: string): Promise<boolean> => {
  const [config, whole, shards] = await Promise.all(
    ['config.json', 'model.safetensors', 'model.safetensors.index.json'].map(name =>
      isFile(path.join(folder, name)),
    ),
  );
  return config! && (whole! || shards!);
};

/** The module that secateur puts beside a model whose layers differ in size. Other code is not run. */
const OWN = 'modeling_secateur.';

/** Whether config.json names secateur's code and no other. */
export const hasOwnCode = async (folder: string): Promise<boolean> => {
  try {
    const { auto_map: classes } = JSON.parse(await readFile(path.join(folder, 'config.json'), 'utf8'));
    const values = Object.values(classes ?? {});
    return values.length > 0 && values.every(value => typeof value === 'string' && value.startsWith(OWN));
  } catch {
    return false;
  }
};
