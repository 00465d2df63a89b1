import { resolve } from 'node:path';
import { cosmiconfig } from 'cosmiconfig';
import { isSecateurError, SecateurError } from '../errors.js';
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
  readonly modules?: Readonly<Record<string, unknown>>;
}

const extensions = ['.ts', '.mts', '.js', '.mjs'];

/**
 * Finds and loads a configuration file. TypeScript is transpiled on the fly, imports of further files included.
 * @returns undefined when no file was named and none is there
 * @throws SecateurError E_CONFIG_NOT_FOUND, E_CONFIG_LOAD, or what a plugin factory in the file threw
 */
export const loadConfig = async ({
  file,
  cwd,
  modules = {},
}: LoadOptions): Promise<LoadedConfig | undefined> => {
  const load = async (path: string): Promise<unknown> => {
    const [{ createJiti }, core] = await Promise.all([import('jiti'), import('../index.js')]);
    const jiti = createJiti(import.meta.url, {
      fsCache: false,
      moduleCache: false,
      virtualModules: { '@secateur/core': core, ...modules },
    });
    try {
      const module = await jiti.import<object>(path);
      // Asked for, not read: where there is no default, jiti gives the module for it.
      if (!('default' in module)) throw nothingIn(path, Object.keys(module));
      return await module.default;
    } catch (cause) {
      throw loadFailure(path, cause);
    }
  };
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
    if (found?.isEmpty) throw nothingIn(found.filepath);
    return found ? { file: found.filepath, config: found.config as SecateurConfig } : undefined;
  } catch (cause) {
    if (named !== undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new SecateurError('E_CONFIG_NOT_FOUND', `the configuration file ${named} does not exist`, {
        hint: 'name another with --config FILE, or leave the option out to use the prune.config.ts of this folder',
        cause,
      });
    throw loadFailure(named, cause);
  }
};

/** `prune.config.json` and `package.json`. */
const loadJson = (path: string, content: string): unknown => {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    throw loadFailure(path, cause);
  }
  if (value === null) throw nothingIn(path);
  return value;
};

/** What a file exports under other names is not looked at: a configuration that is passed over must say so. */
const nothingIn = (file: string, others: readonly string[] = []): SecateurError =>
  new SecateurError(
    'E_CONFIG_LOAD',
    others.length > 0
      ? `the configuration ${file} exports ${others.join(', ')}, expected a default export`
      : `the configuration ${file} exports nothing, expected a configuration`,
    { hint: 'export default defineConfig({ ... })' },
  );

const loadFailure = (file: string | undefined, cause: unknown): SecateurError => {
  if (isSecateurError(cause)) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const place = message.startsWith('ParseError') ? /:(\d+:\d+)$/.exec(message)?.[1] : undefined;
  const said = `${message.split('\n')[0]!.trim()}${place === undefined ? '' : ` at ${place}`}`;
  return new SecateurError('E_CONFIG_LOAD', `the configuration ${file ?? 'file'} cannot be loaded: ${said}`, {
    hint: 'the file must run by itself and export a configuration: export default defineConfig({ ... })',
    cause,
  });
};
