import type { z } from 'zod';
import { describeIssue, show } from './config/describe-issue.js';
import type { ResolvedConfig, SecateurConfig } from './config/schema.js';
import type { Logger } from './domain/events.js';
import { SecateurError } from './errors.js';
import type { TapOnly } from './tap-only.js';
import type { Token } from './token.js';

export type Falsy = false | null | undefined | 0 | '';

/** A list as people write it: falsy entries are dropped, nested lists flattened. */
export type Nested<T> = readonly (T | Falsy | Nested<T>)[];

/** Something that listens to hooks and fills ports. Made by a factory: see {@link definePlugin}. */
export interface Plugin {
  /** Stands in errors and in `secateur ls`. Of two plugins with one name the later wins. */
  readonly name: string;
  /** What it was made with, defaults filled in: a report names it, and `resume` compares it. */
  readonly options?: unknown;
  apply(api: PluginApi): void | Promise<void>;
}

/** Gives the active implementation of another port. */
export type Resolve = <T>(port: Token<T>) => T;

/** What a plugin is given. */
export interface PluginApi {
  /** All hooks, to listen to. Each listener is called with the plugin's name in errors and in the timing table. */
  readonly hooks: TapOnly;
  readonly log: Logger;
  readonly config: ResolvedConfig;
  /**
   * Fills a port under a name that `use` can choose. A function is called once, at first need.
   * @throws SecateurError E_DUPLICATE_PLUGIN when the name is taken at that port
   */
  provide<T extends object>(
    port: Token<T>,
    name: string,
    implementation: NoInfer<T> | ((resolve: Resolve) => NoInfer<T>),
    description?: string,
  ): void;
}

type Setup<O> = (api: PluginApi, options: O) => void | Promise<void>;

/** Options may be left out when all of them are optional. */
type Factory<O, R> = (...options: Record<never, never> extends O ? [options?: O] : [options: O]) => R;

/**
 * Makes the factory of a plugin: `export default definePlugin('mine', api => { api.provide(...) })`.
 * With a zod schema, options are checked when the factory is called, and `setup` gets them with defaults filled in.
 * @throws SecateurError E_PLUGIN_OPTIONS, from the factory
 */
export function definePlugin<S extends z.ZodType>(
  name: string,
  setup: Setup<z.output<S>>,
  schema: S,
): Factory<z.input<S>, Plugin>;
export function definePlugin<O = Record<never, never>>(name: string, setup: Setup<O>): Factory<O, Plugin>;
export function definePlugin(
  name: string,
  setup: Setup<unknown>,
  schema?: z.ZodType,
): (options?: unknown) => Plugin {
  return (options = {}) => {
    const checked = checkOptions(`plugin "${name}"`, options, schema);
    return { name, options: checked, apply: api => setup(api, checked) };
  };
}

/** Plugins with the settings that make a method of them. */
export interface Preset {
  readonly name: string;
  readonly plugins: readonly Plugin[];
  readonly config: Omit<SecateurConfig, 'presets' | 'plugins'>;
}

/** What the function behind a preset returns: settings as in a configuration file, and plugins. */
export type PresetContent = Omit<SecateurConfig, 'presets'>;

/**
 * Makes the factory of a preset: options to plugins and settings. Values of the user's own file win over a preset's.
 * @throws SecateurError E_PLUGIN_OPTIONS, from the factory
 */
export function definePreset<S extends z.ZodType>(
  name: string,
  content: (options: z.output<S>) => PresetContent,
  schema: S,
): Factory<z.input<S>, Preset>;
export function definePreset<O = Record<never, never>>(
  name: string,
  content: (options: O) => PresetContent,
): Factory<O, Preset>;
export function definePreset(
  name: string,
  content: (options: never) => PresetContent,
  schema?: z.ZodType,
): (options?: unknown) => Preset {
  return (options = {}) => {
    const checked = checkOptions(`preset "${name}"`, options, schema);
    const { plugins, ...config } = content(checked as never);
    return { name, plugins: flattenPlugins(plugins, `preset "${name}"`), config };
  };
}

const checkOptions = (owner: string, options: unknown, schema: z.ZodType | undefined): unknown => {
  if (!schema) return options;
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const { sentence, hint } = describeIssue(schema, options, parsed.error, { root: 'options' });
  throw new SecateurError('E_PLUGIN_OPTIONS', `${owner}: ${sentence}`, hint === undefined ? {} : { hint });
};

/**
 * A flat list of plugins.
 * @param owner what names the list, for the error
 * @throws SecateurError E_CONFIG_INVALID for an entry that is no plugin
 */
export const flattenPlugins = (list: Nested<Plugin> | undefined, owner: string): readonly Plugin[] =>
  (list ?? []).flatMap((entry): readonly Plugin[] => {
    if (!entry) return [];
    if (Array.isArray(entry)) return flattenPlugins(entry as Nested<Plugin>, owner);
    if (isPlugin(entry)) return [entry];
    throw notA('plugin', entry, `plugins in ${owner}`);
  });

/** An error for something else in the place of a plugin or a preset. The usual slip is a factory that was not called. */
export const notA = (wanted: 'plugin' | 'preset', entry: unknown, place: string): SecateurError => {
  const [found, hint] =
    typeof entry === 'function'
      ? ['a function', `call it: the factory of a ${wanted} returns the ${wanted}`]
      : isPlugin(entry)
        ? [`the plugin "${entry.name}"`, 'plugins belong into `plugins: [...]`']
        : isPreset(entry)
          ? [`the preset "${entry.name}"`, 'presets belong into `presets: [...]`']
          : [show(entry), `import the ${wanted} and call its factory`];
  return new SecateurError('E_CONFIG_INVALID', `${place} holds ${found}, expected a ${wanted}`, { hint });
};

const isNamed = (entry: unknown): entry is { readonly name: string } =>
  typeof entry === 'object' && entry !== null && typeof (entry as { name?: unknown }).name === 'string';

export const isPlugin = (entry: unknown): entry is Plugin =>
  isNamed(entry) && typeof (entry as Partial<Plugin>).apply === 'function';

export const isPreset = (entry: unknown): entry is Preset =>
  isNamed(entry) &&
  Array.isArray((entry as Partial<Preset>).plugins) &&
  typeof (entry as Partial<Preset>).config === 'object';

/** Of plugins with one name the last counts, at the place of the first: so options of a preset's plugin are overridden. */
export const lastByName = (plugins: readonly Plugin[]): readonly Plugin[] => [
  ...new Map(plugins.map(plugin => [plugin.name, plugin])).values(),
];
