import type { ResolvedConfig } from './config/schema.js';
import type { Constructor, RegistryEntry } from './container.js';
import type { Logger } from './domain/events.js';
import type { PluginRecord } from './domain/report.js';
import type { Hooks } from './hooks.js';
import type { Timing } from './timings.js';
import type { Token } from './token.js';

/** A resolved configuration with its plugins applied: what every command works with. Made by `openSession`. */
export interface Session {
  readonly config: ResolvedConfig;
  /** Name of the preset that leads, for the report and the output folder. */
  readonly preset: string;
  readonly hooks: Hooks;
  readonly log: Logger;
  /** The plugins in the order of application, with their options as JSON sees them. */
  readonly plugins: readonly PluginRecord[];
  /** Every implementation of every port, with the plugin that provides it. */
  readonly registry: readonly RegistryEntry[];
  /**
   * The implementation of a port that `use` names, or the only one there is.
   * @throws SecateurError E_UNKNOWN_PLUGIN
   */
  active<T>(port: Token<T>): T;
  /** The same, or undefined where none is provided or `use` says `none`. */
  optional<T>(port: Token<T>): T | undefined;
  /** Every implementation of a port that is at work, in order of registration: the one that `use` names, or all. */
  every<T>(port: Token<T>): readonly { readonly name: string; readonly implementation: T }[];
  /** A new instance of a class whose constructor names ports: `constructor(@Engine engine: Engine)`. */
  create<T>(target: Constructor<T>): T;
  /** Time that plugins spent in hooks, longest first. */
  timings(): readonly Timing[];
}
