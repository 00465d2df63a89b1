import { isSecateurError, SecateurError } from '../errors.js';

/** What a file of TypeScript or JavaScript is to export, for its errors. */
export interface Wanted {
  /** `configuration`, `preset`. */
  readonly what: string;
  readonly hint: string;
}

/** Modules that a file may import though its folder has not installed them, by specifier. */
export type Modules = Readonly<Record<string, unknown>>;

/**
 * An export of a file, the default one unless named. TypeScript is transpiled on the fly, imports of further files
 * included.
 * @param path absolute
 * @throws SecateurError E_CONFIG_LOAD, or what a factory in the file threw
 */
export const importExport = async (
  path: string,
  modules: Modules,
  wanted: Wanted,
  name = 'default',
): Promise<unknown> => {
  const [{ createJiti }, core] = await Promise.all([import('jiti'), import('../index.js')]);
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    virtualModules: { '@secateur/core': core, ...modules },
  });
  try {
    const module = await jiti.import<Record<string, unknown>>(path);
    // Asked for, not read: where there is no default, jiti gives the module for it.
    if (!(name in module)) throw nothingIn(wanted, path, Object.keys(module), name);
    return await module[name];
  } catch (cause) {
    throw loadFailure(wanted, path, cause);
  }
};

/** What a file exports under other names is not looked at: one that is passed over must say so. */
export const nothingIn = (
  { what, hint }: Wanted,
  file: string,
  others: readonly string[] = [],
  name = 'default',
): SecateurError =>
  new SecateurError(
    'E_CONFIG_LOAD',
    others.length > 0
      ? `the ${what} ${file} exports ${others.join(', ')}, expected ${exportCalled(name)}`
      : `the ${what} ${file} exports nothing, expected a ${what}`,
    { hint },
  );

/** As a sentence says it: `a default export`, `an export "rows"`. */
const exportCalled = (name: string): string =>
  name === 'default' ? 'a default export' : `an export "${name}"`;

export const loadFailure = (
  { what, hint }: Wanted,
  file: string | undefined,
  cause: unknown,
): SecateurError => {
  if (isSecateurError(cause)) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const place = message.startsWith('ParseError') ? /:(\d+:\d+)$/.exec(message)?.[1] : undefined;
  const said = `${message.split('\n')[0]!.trim()}${place === undefined ? '' : ` at ${place}`}`;
  return new SecateurError('E_CONFIG_LOAD', `the ${what} ${file ?? 'file'} cannot be loaded: ${said}`, {
    hint: `the file must run by itself and export a ${what}: ${hint}`,
    cause,
  });
};
