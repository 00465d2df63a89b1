import type { PluginRecord } from './domain/report.js';
import { SecateurError } from './errors.js';
import type { Session } from './session.js';
import type { Loaded } from './stages/load.js';

/** What a run depends on beside its configuration: `run.json` keeps it, and `resume` compares. */
export interface Stamp {
  readonly inputs: Loaded['hashes'];
  readonly plugins: readonly PluginRecord[];
}

/** The plugins that fill a port of this session, and those that fill none and so can only listen. */
export const activePlugins = ({ config: { use }, plugins, registry }: Session): readonly PluginRecord[] =>
  plugins.filter(({ name }) => {
    const provided = registry.filter(entry => entry.plugin === name);
    const isActive = (entry: (typeof provided)[number]): boolean =>
      use[entry.port] === undefined
        ? registry.filter(({ port }) => port === entry.port).length === 1
        : use[entry.port] === entry.name;
    return provided.length === 0 || provided.some(isActive);
  });

export const stampOf = (session: Session, { hashes }: Pick<Loaded, 'hashes'>): Stamp => ({
  inputs: hashes,
  plugins: activePlugins(session),
});

/**
 * Compares what a run was begun with and what it would go on with.
 * @throws SecateurError E_RESUME that names what has changed
 */
export const checkStamp = (begun: unknown, now: Stamp, folder: string): void => {
  const before = flatten(begun);
  const after = flatten(JSON.parse(JSON.stringify(now)));
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    path => before.get(path) !== after.get(path),
  );
  if (changed.length > 0)
    throw new SecateurError(
      'E_RESUME',
      `what the run in ${folder} was begun with has changed since: ${changed.join(', ')}`,
      { hint: 'put it back as it was, or start again: npx secateur run --force' },
    );
};

/** Leaves by path; entries of a list that have a name go by it. */
const flatten = (value: unknown, path = '', into = new Map<string, unknown>()): Map<string, unknown> => {
  if (typeof value !== 'object' || value === null) return into.set(path, value);
  for (const [key, inner] of Object.entries(value)) {
    const { name } = (Array.isArray(value) ? inner : {}) as { name?: string };
    flatten(inner, path === '' ? key : `${path}.${name ?? key}`, into);
  }
  return into;
};
