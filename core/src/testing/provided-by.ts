import type { Plugin, PluginApi } from '../plugin.js';
import type { Token } from '../token.js';

/**
 * What a plugin provides at a port under a name; throws a plain Error when it does not. For plugins that only provide
 * finished implementations: hooks, configuration and other ports are not there.
 */
export const providedBy = <T extends object>(plugin: Plugin, port: Token<T>, name: string): T => {
  const found = new Map<string, unknown>();
  const api: Pick<PluginApi, 'provide'> = {
    provide: (at, as, implementation) => void found.set(`${at.label} "${as}"`, implementation),
  };
  plugin.apply(api as PluginApi);
  const key = `${port.label} "${name}"`;
  if (!found.has(key)) throw new Error(`${plugin.name} provides ${[...found.keys()].join(', ')}, not ${key}`);
  return found.get(key) as T;
};
