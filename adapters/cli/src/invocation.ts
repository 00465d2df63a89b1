import {
  type Resolved,
  RunStorage,
  resolveConfig,
  type SecateurConfig,
  SecateurError,
  z,
} from '@secateur/core';
import type { Console } from './console.js';
import { installation } from './defaults.js';
import { differences } from './differences.js';
import { resolveInvocation, withSession } from './open.js';

/** What `run.json` keeps of a command line, so that `resume` opens the same session again. */
const schema = z.object({
  invocation: z.object({
    cwd: z.string(),
    /** The configuration file, absolute. */
    file: z.string().nullable(),
    flags: z.record(z.string(), z.unknown()),
    /** The configuration as it was resolved. */
    config: z.record(z.string(), z.unknown()),
  }),
});

export const saveInvocation = ({ config, file }: Resolved, flags: SecateurConfig, cwd: string): unknown => ({
  cwd,
  file: file ?? null,
  flags,
  config,
});

/**
 * The configuration of a run that was begun, resolved again from the same file and flags.
 * @throws SecateurError E_RESUME when there is no run, or when its configuration has changed since
 */
export const reopenInvocation = async (folder: string, console: Console): Promise<Resolved> => {
  const bare = resolveConfig({ installation, cwd: folder, clock: console.clock, requires: 'nothing' });
  const kept = await withSession(bare, async session =>
    (await session.active(RunStorage).reopen(folder)).readJson('run.json'),
  );
  const parsed = schema.safeParse(kept);
  if (!parsed.success)
    throw new SecateurError('E_RESUME', `run.json in ${folder} does not say how the run was started`, {
      hint: 'start it again: npx secateur run --force',
    });
  const { cwd, file, flags, config } = parsed.data.invocation;
  const again = await resolveInvocation(
    { config: file ?? undefined, flags: { ...flags, out: folder }, requires: 'model' },
    { ...console, cwd },
  );
  const changed = differences(config, again.config).filter(path => path !== 'out');
  if (changed.length > 0)
    throw new SecateurError(
      'E_RESUME',
      `the configuration of the run in ${folder} has changed since it was begun: ${changed.join(', ')}`,
      {
        hint: `put ${file ?? 'it'} back as it was, or start again: npx secateur run --force`,
      },
    );
  return again;
};
