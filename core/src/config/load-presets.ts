import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SecateurError } from '../errors.js';
import { isPreset, notA } from '../plugin.js';
import { importExport, type Modules, type Wanted } from './import-export.js';
import type { SecateurConfig } from './schema.js';

const wanted: Wanted = { what: 'preset', hint: "export default definePreset('mine', () => ({ ... }))" };

/**
 * Whether the name of a preset is the path of a file: `./mine.ts`, `presets/mine.js`, an absolute one, each with the name
 * of an export or without: `./mine.ts#halved`.
 */
export const isPresetPath = (name: string): boolean =>
  /^\.{0,2}[\\/]|^[a-z]:[\\/]|\.m?[jt]s(#\w+)?$/i.test(name);

/**
 * A configuration with a preset in the place of each path among its `presets`; names of bundled ones stay. The default
 * export of such a file, or the one that is named behind `#`, is a preset, or a factory that needs no options.
 * @param base folder that the paths start from
 * @throws SecateurError E_CONFIG_NOT_FOUND, E_CONFIG_LOAD, E_CONFIG_INVALID for an export that is no preset, or what
 * the factory threw
 */
export const withLoadedPresets = async (
  config: SecateurConfig,
  base: string,
  modules: Modules = {},
): Promise<SecateurConfig> => {
  const list: unknown = config?.presets;
  if (!Array.isArray(list) || !list.some(isPathEntry)) return config;
  const presets = await Promise.all(
    list.map(entry => (isPathEntry(entry) ? loadPreset(entry, base, modules) : entry)),
  );
  return { ...config, presets };
};

const isPathEntry = (entry: unknown): entry is string => typeof entry === 'string' && isPresetPath(entry);

const loadPreset = async (entry: string, base: string, modules: Modules): Promise<unknown> => {
  const [, path, name = 'default'] = /^(.*?)(?:#(\w+))?$/s.exec(entry)!;
  const file = resolve(base, path!);
  await access(file).catch(cause => {
    throw new SecateurError('E_CONFIG_NOT_FOUND', `the preset ${file} does not exist`, {
      hint: 'paths of presets start from the folder of the file that names them, those of flags from here',
      cause,
    });
  });
  const found = await importExport(file, modules, wanted, name);
  const preset: unknown = typeof found === 'function' ? found() : found;
  if (!isPreset(preset))
    throw notA(
      'preset',
      preset,
      `the ${name === 'default' ? 'default export' : `export "${name}"`} of ${file}`,
    );
  return preset;
};
