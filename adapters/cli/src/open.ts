import {
  loadConfig,
  openSession,
  type Resolved,
  type ResolveOptions,
  resolveConfig,
  type SecateurConfig,
  type Session,
  withLoadedPresets,
} from '@secateur/core';
import { modules } from './bundled.js';
import type { Console } from './console.js';
import { installation } from './defaults.js';
import { type EngineFlags, flagLayer } from './options.js';

/** What a command line says of the configuration. */
export interface Invocation {
  /** `--config`; without it a file is searched for. */
  readonly config?: string | undefined;
  /** Values of flags; they win over the file. */
  readonly flags?: SecateurConfig;
  readonly requires?: ResolveOptions['requires'];
}

/** Loads the configuration that a command line names, and lays everything over each other. */
export const resolveInvocation = async (
  { config, flags = {}, requires = 'nothing' }: Invocation,
  { cwd, clock }: Pick<Console, 'cwd' | 'clock'>,
): Promise<Resolved> => {
  const known = { ...modules, secateur: (await import('./index.js')) as unknown };
  const file = await loadConfig({ file: config, cwd, modules: known });
  const layer = await withLoadedPresets(flags, cwd, known);
  return resolveConfig({ file, flags: layer, installation, cwd, clock, requires });
};

/** The configuration of a command that runs no pruning, but computes. */
export const resolveEngine = (
  { config, engine, device }: EngineFlags,
  console: Pick<Console, 'cwd' | 'clock'>,
): Promise<Resolved> => resolveInvocation({ config, flags: flagLayer({ engine, device }) }, console);

/** Opens a session for the length of a piece of work. Runs do not need it: they shut down by themselves. */
export const withSession = async <T>(
  resolved: Resolved,
  work: (session: Session) => Promise<T>,
): Promise<T> => {
  const session = await openSession(resolved);
  try {
    return await work(session);
  } finally {
    await session.hooks.shutdown.promise();
  }
};
