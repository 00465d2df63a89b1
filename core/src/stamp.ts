import type { ResolvedConfig } from './config/schema.js';
import { isActive, type RegistryEntry } from './container.js';
import type { PluginRecord } from './domain/report.js';
import { SecateurError } from './errors.js';
import { Engine } from './ports/engine.js';
import { Exporter } from './ports/exporter.js';
import { Task } from './ports/task.js';
import type { Session } from './session.js';
import type { Loaded } from './stages/load.js';

/** What a run depends on beside its configuration: `run.json` keeps it, and `resume` compares. */
export interface Stamp {
  readonly inputs: Loaded['inputs'];
  readonly plugins: readonly PluginRecord[];
  /** Of the engine: no two devices give the same bytes, and `auto` may find another one. */
  readonly device: string;
}

/** The plugins that fill a port of this session or export for it, and those that fill none and so can only listen. */
export const activePlugins = ({ config, plugins, registry }: Session): readonly PluginRecord[] =>
  plugins.filter(({ name }) => {
    const provided = registry.filter(entry => entry.plugin === name);
    return (
      provided.length === 0 ||
      provided.some(entry => {
        const asked = askedFor(config, entry);
        return asked ? Object.hasOwn(asked, entry.name) : isActive(entry, registry, config.use);
      })
    );
  });

/** Where a configuration names what it wants of a port of which all are there: exporters and tasks. */
const askedFor = ({ export: { formats }, evaluate }: ResolvedConfig, { port }: RegistryEntry) =>
  port === Exporter.label ? formats : port === Task.label ? (evaluate.tasks ?? {}) : undefined;

export const stampOf = (session: Session, { inputs }: Pick<Loaded, 'inputs'>): Stamp => ({
  inputs,
  plugins: activePlugins(session),
  device: session.active(Engine).info().device,
});

/**
 * Compares what a run was begun with and what it would go on with.
 * @throws SecateurError E_RESUME that names what has changed
 */
export const checkStamp = (begun: unknown, now: Stamp, folder: string): void => {
  const before = flatten(begun as Partial<Stamp> | undefined);
  const after = flatten(now);
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

/** Values by what people call them: keys of the configuration, and options by plugin. */
const flatten = ({ inputs = {}, plugins = [], device }: Partial<Stamp> = {}): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>([
    ...Object.entries(inputs),
    ['the device', device],
    ...plugins.flatMap(({ name, options }) => [
      [`plugin ${name}`, 'is there'] as const,
      ...Object.entries(options).map(
        ([option, value]) => [`option ${option} of ${name}`, JSON.stringify(value)] as const,
      ),
    ]),
  ]);
