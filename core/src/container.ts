import { Container } from 'inversify';
import { didYouMean, isSecateurError, SecateurError } from './errors.js';
import type { Resolve } from './plugin.js';
import { pluginFailure } from './plugin-failure.js';
import { type Choice, declaredPorts, type Token } from './token.js';

/** One implementation of one port. */
export interface RegistryEntry {
  /** Label of the port. */
  readonly port: string;
  readonly name: string;
  /** The plugin that provides it. */
  readonly plugin: string;
  readonly description: string | undefined;
}

/** Whether an implementation is at work: `use` names it for its port or, where it names none, it is the only one or one of all. */
export const isActive = (
  { port, name }: RegistryEntry,
  registry: readonly RegistryEntry[],
  use: Readonly<Record<string, string>>,
): boolean =>
  use[port] === undefined
    ? choiceOf(port) === 'all' || registry.filter(entry => entry.port === port).length === 1
    : use[port] === name;

const choiceOf = (label: string): Choice | undefined =>
  declaredPorts().find(port => port.label === label)?.choice;

/** `use` of this name leaves an optional port empty. */
const none = 'none';

/** A class that the container can make. */
// biome-ignore lint/suspicious/noExplicitAny: a constructor's arguments are the container's business
export type Constructor<T> = new (...args: any[]) => T;

/**
 * The composition root: every port with its implementations by name, and which of them is active.
 * Classes get the active ones through their constructor: `constructor(@Engine private readonly engine: Engine)`.
 */
export class PortContainer {
  private readonly container = new Container({ defaultScope: 'Singleton' });
  private readonly entries: RegistryEntry[] = [];
  private readonly opening = new Set<string>();

  /**
   * @param use chosen names by port label
   * @param source where a choice was made, for the error
   */
  constructor(
    private readonly use: Readonly<Record<string, string>>,
    private readonly source: (label: string) => string | undefined = () => undefined,
  ) {
    for (const port of declaredPorts()) this.bindActive(port);
  }

  /** Every implementation, in order of registration. */
  get registry(): readonly RegistryEntry[] {
    return this.entries;
  }

  /** @throws SecateurError E_DUPLICATE_PLUGIN */
  provide<T extends object>(
    port: Token<T>,
    { name, plugin, description }: Omit<RegistryEntry, 'port'>,
    implementation: T | ((resolve: Resolve) => T),
  ): void {
    const taken = this.entries.find(entry => entry.port === port.label && entry.name === name);
    if (taken || name === none)
      throw new SecateurError(
        'E_DUPLICATE_PLUGIN',
        taken
          ? `plugin "${plugin}" provides ${port.label} "${name}", which plugin "${taken.plugin}" provides already`
          : `plugin "${plugin}" provides ${port.label} "${none}", a name that stands for no plugin`,
        { hint: 'give one of them another name, or leave one plugin out' },
      );
    this.bindActive(port);
    this.entries.push({ port: port.label, name, plugin, description });
    const binding = this.container.bind<T>(port.id);
    if (typeof implementation === 'function')
      binding
        .toDynamicValue(() => this.make(`${port.label} "${name}"`, plugin, implementation))
        .inSingletonScope()
        .whenNamed(name);
    else binding.toConstantValue(implementation).whenNamed(name);
  }

  /**
   * The implementation that `use` names, or the only one there is.
   * @throws SecateurError E_UNKNOWN_PLUGIN, E_PLUGIN_FAILED when it cannot be made
   */
  active<T>(port: Token<T>): T {
    const name = this.nameOf(port.label);
    if (name !== undefined) return ours(() => this.container.get<T>(port.id, { name }));
    throw new SecateurError('E_UNKNOWN_PLUGIN', `use.${port.label} is "${none}", but the run needs one`, {
      hint: this.hintFor(port.label),
    });
  }

  /** The same; undefined where the port is empty or `use` says `none`. */
  optional<T>(port: Token<T>): T | undefined {
    const provided = this.entries.some(entry => entry.port === port.label);
    if (this.use[port.label] === none || (!provided && this.use[port.label] === undefined)) return undefined;
    return this.active(port);
  }

  /** Every implementation of a port that is at work, in order of registration. */
  every<T>(port: Token<T>): readonly { readonly name: string; readonly implementation: T }[] {
    return this.entries
      .filter(entry => entry.port === port.label && isActive(entry, this.entries, this.use))
      .map(({ name }) => ({ name, implementation: ours(() => this.container.get<T>(port.id, { name })) }));
  }

  /** A new instance of a class whose constructor names ports. */
  create<T>(target: Constructor<T>): T {
    return ours(() => this.container.get(target, { autobind: true }));
  }

  /**
   * Checks that every name in `use` is provided, before anything is opened.
   * @throws SecateurError E_UNKNOWN_PLUGIN
   */
  check(): void {
    for (const label of Object.keys(this.use)) this.nameOf(label);
  }

  /** Name of the active implementation; undefined for `none`. */
  private nameOf(label: string): string | undefined {
    const entries = this.entries.filter(entry => entry.port === label);
    const wanted = this.use[label];
    if (wanted === none) return undefined;
    if (wanted === undefined && entries.length === 1) return entries[0]!.name;
    if (entries.some(entry => entry.name === wanted)) return wanted;
    const source = this.source(label);
    const where = source === undefined ? '' : ` in ${source}`;
    const sentence =
      wanted !== undefined
        ? `use.${label} = "${wanted}"${where}, but no plugin provides that`
        : entries.length === 0
          ? `no plugin provides ${label}`
          : `several plugins provide ${label} and use.${label} names none of them`;
    throw new SecateurError('E_UNKNOWN_PLUGIN', sentence, { hint: this.hintFor(label, wanted) });
  }

  private hintFor(label: string, wanted = ''): string {
    const entries = this.entries.filter(entry => entry.port === label);
    const near = didYouMean(
      wanted,
      entries.map(entry => entry.name),
    );
    const available = entries.map(entry => `${entry.name} (${entry.plugin})`).join(', ');
    return [
      near === undefined ? '' : `Did you mean "${near}"? `,
      available === '' ? `Add a plugin that provides ${label}.` : `Available: ${available}.`,
      `\nRun: npx secateur ls ${label}`,
    ].join('');
  }

  private make<T>(what: string, plugin: string, factory: (resolve: Resolve) => T): T {
    if (this.opening.has(what))
      throw new SecateurError('E_PLUGIN_FAILED', `plugin "${plugin}" cannot make ${what}: it needs itself`, {
        hint: 'resolve other ports when they are used, not when the implementation is made',
      });
    this.opening.add(what);
    try {
      return factory(port => this.active(port));
    } catch (cause) {
      throw pluginFailure(plugin, `while it made ${what}`, cause);
    } finally {
      this.opening.delete(what);
    }
  }

  /** Constructor parameters carry no name: they get what is active. */
  private bindActive(port: Token<unknown>): void {
    if (this.container.isBound(port.id)) return;
    this.container
      .bind(port.id)
      .toDynamicValue(() => this.active(port))
      .inTransientScope()
      .whenDefault();
  }
}

/** Runs a look-up; an error of ours that the container wrapped comes out as it was. */
const ours = <T>(lookup: () => T): T => {
  try {
    return lookup();
  } catch (error) {
    for (let inner: unknown = error; inner instanceof Error; inner = inner.cause)
      if (isSecateurError(inner)) throw inner;
    throw error;
  }
};
