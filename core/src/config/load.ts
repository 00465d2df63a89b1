import { dirname, resolve } from 'node:path';
import { cosmiconfig } from 'cosmiconfig';
import { SecateurError } from '../errors.js';
import { importExport, loadFailure, type Modules, nothingIn, type Wanted } from './import-export.js';
import { withLoadedPresets } from './load-presets.js';
import type { SecateurConfig } from './schema.js';

/** A configuration as it was found. */
export interface LoadedConfig {
  /** Absolute path. */
  readonly file: string;
  /** Not checked yet: {@link resolveConfig} does that. */
  readonly config: SecateurConfig;
}

export interface LoadOptions {
  /** The file to load. Default: the first `prune.config.*` or `package.json` with a `secateur` key, upwards from `cwd`. */
  readonly file?: string | undefined;
  readonly cwd: string;
  /**
   * Modules that a configuration may import though its folder has not installed them, by specifier.
   * `@secateur/core` is always this very package.
   */
  readonly modules?: Modules;
}

const wanted: Wanted = { what: 'configuration', hint: 'export default defineConfig({ ... })' };

const extensions = ['.ts', '.mts', '.js', '.mjs'];

/**
 * Finds and loads a configuration file, and the presets that it names by their paths. TypeScript is transpiled on the
 * fly, imports of further files included.
 * @returns undefined when no file was named and none is there
 * @throws SecateurError E_CONFIG_NOT_FOUND, E_CONFIG_LOAD, or what a plugin factory in the file threw
 */
export const loadConfig = async ({
  file,
  cwd,
  modules = {},
}: LoadOptions): Promise<LoadedConfig | undefined> => {
  const load = (path: string): Promise<unknown> => importExport(path, modules, wanted);
  const explorer = cosmiconfig('secateur', {
    searchStrategy: 'project',
    searchPlaces: [
      ...extensions.map(extension => `prune.config${extension}`),
      'prune.config.json',
      'package.json',
    ],
    loaders: { ...Object.fromEntries(extensions.map(extension => [extension, load])), '.json': loadJson },
    ignoreEmptySearchPlaces: false,
    cache: false,
  });
  const named = file === undefined ? undefined : resolve(cwd, file);
  try {
    const found = named === undefined ? await explorer.search(cwd) : await explorer.load(named);
    if (found?.isEmpty) throw nothingIn(wanted, found.filepath);
    if (!found) return undefined;
    const config = await withLoadedPresets(found.config as SecateurConfig, dirname(found.filepath), modules);
    return { file: found.filepath, config };
  } catch (cause) {
    if (named !== undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new SecateurError('E_CONFIG_NOT_FOUND', `the configuration file ${named} does not exist`, {
        hint: 'name another with --config FILE, or leave the option out to use the prune.config.ts of this folder',
        cause,
      });
    throw loadFailure(wanted, named, cause);
  }
};

/** `prune.config.json` and `package.json`. */
const loadJson = (path: string, content: string): unknown => {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    throw loadFailure(wanted, path, cause);
  }
  if (value === null) throw nothingIn(wanted, path);
  return value;
};
