import type { Clock } from './clock.js';
import type { Provenance } from './config/layer.js';
import type { ResolvedConfig } from './config/schema.js';
import { PortContainer } from './container.js';
import type { Logger } from './domain/events.js';
import { createHooks } from './hooks.js';
import type { Plugin, PluginApi } from './plugin.js';
import { pluginFailure } from './plugin-failure.js';
import type { Session } from './session.js';
import { tapOnly } from './tap-only.js';
import { createTimings } from './timings.js';

export interface SessionOptions {
  readonly config: ResolvedConfig;
  readonly plugins: readonly Plugin[];
  /** Name of the leading preset. */
  readonly preset: string;
  /** Where each value of `config` came from, for errors. */
  readonly provenance?: Provenance;
}

/**
 * Applies the plugins to a resolved configuration, and checks that everything `use` names is there.
 * @throws SecateurError E_PLUGIN_FAILED, E_DUPLICATE_PLUGIN, E_UNKNOWN_PLUGIN
 */
export const openSession = async ({
  config,
  plugins,
  preset,
  provenance,
}: SessionOptions): Promise<Session> => {
  const hooks = createHooks();
  const timings = createTimings(stopwatch);
  const ports = new PortContainer(config.use, label => provenance?.get(`use.${label}`));
  const logger =
    (from: string): Logger =>
    (level, message) => {
      hooks.log.call({ level, message, from });
    };
  for (const plugin of plugins) {
    const api: PluginApi = {
      hooks: tapOnly(hooks, plugin.name, timings),
      log: logger(plugin.name),
      config,
      provide: (port, name, implementation, description) =>
        ports.provide(port, { name, plugin: plugin.name, description }, implementation),
    };
    try {
      await plugin.apply(api);
    } catch (cause) {
      throw pluginFailure(plugin.name, 'while it was set up', cause);
    }
  }
  ports.check();
  hooks.configResolved.call(config);
  return {
    config,
    preset,
    hooks,
    log: logger('secateur'),
    plugins: plugins.map(({ name, options = {} }) => ({
      name,
      options: JSON.parse(JSON.stringify(options)),
    })),
    registry: ports.registry,
    active: port => ports.active(port),
    optional: port => ports.optional(port),
    every: port => ports.every(port),
    create: target => ports.create(target),
    timings: () => timings.table(),
  };
};

/** Monotonic, and finer than a millisecond: hot hooks are called thousands of times. */
const stopwatch: Clock = { now: () => performance.now() };
