import { AsyncSeriesHook, AsyncSeriesWaterfallHook } from 'tapable';
import type { Hooks } from './hooks.js';
import { pluginFailure } from './plugin-failure.js';
import type { Timings } from './timings.js';

/** Where a listener stands among the others of its hook. */
export interface TapOrder {
  /** Lower comes first: EARLY, NORMAL (default) or LATE, or a number between. */
  readonly stage?: number;
  /** Names of plugins whose listeners must come after this one. */
  readonly before?: string | readonly string[];
}

/** What a plugin sees of a sync hook. */
export interface SyncTap<A extends readonly unknown[], R> {
  tap(listener: (...args: A) => R, order?: TapOrder): void;
}

/** What a plugin sees of an async hook: the listener may or may not return a promise. */
export interface AsyncTap<A extends readonly unknown[], R> {
  tap(listener: (...args: A) => R | Promise<R>, order?: TapOrder): void;
}

/** A waterfall's listener may return nothing, which keeps the value as it is. */
type Answer<A extends readonly unknown[], R> = R extends A[0] ? R | undefined : R;

// biome-ignore lint/suspicious/noExplicitAny: `any` stands for tapable's tap options, which are not inferred
type Ordered = any;
type TapOf<H> = H extends { tapPromise(order: Ordered, fn: (...args: infer A) => Promise<infer R>): void }
  ? AsyncTap<A, Answer<A, R>>
  : H extends { tap(order: Ordered, fn: (...args: infer A) => infer R): void }
    ? SyncTap<A, R>
    : never;

/** The hooks as plugins see them: they can listen, never call. */
export type TapOnly = { readonly [K in keyof Hooks]: TapOf<Hooks[K]> };

type Listener = (...args: readonly unknown[]) => unknown;

/** The part of tapable's hooks that is used here, without their types. */
interface AnyHook {
  readonly taps: readonly unknown[];
  tap(options: object, fn: Listener): void;
  tapPromise(options: object, fn: (...args: readonly unknown[]) => Promise<unknown>): void;
}

/**
 * The facade of one plugin. Every listener is wrapped once: what it throws becomes E_PLUGIN_FAILED naming plugin and
 * hook (a SecateurError passes), and its time is summed per plugin and hook.
 */
export const tapOnly = (hooks: Hooks, plugin: string, timings: Timings): TapOnly => {
  const facade = Object.entries(hooks as unknown as Record<string, AnyHook>).map(([name, hook]) => {
    const wrong = (cause: unknown): Error => pluginFailure(plugin, `in hook "${name}"`, cause);
    const tap = (listener: Listener, { stage = 0, before }: TapOrder = {}): void => {
      const options = {
        name: plugin,
        stage: name === 'shutdown' ? stage - rank(hook) : stage,
        ...(before === undefined ? {} : { before }),
      };
      if (isAsync(hook))
        hook.tapPromise(options, async (...args) => {
          const stop = timings.start(plugin, name);
          try {
            return await listener(...args);
          } catch (cause) {
            throw wrong(cause);
          } finally {
            stop();
          }
        });
      else
        hook.tap(options, (...args) => {
          const stop = timings.start(plugin, name);
          try {
            return listener(...args);
          } catch (cause) {
            throw wrong(cause);
          } finally {
            stop();
          }
        });
    };
    return [name, Object.freeze({ tap })];
  });
  return Object.freeze(Object.fromEntries(facade)) as TapOnly;
};

/** Every hook has `tapPromise`, but only the async ones may be tapped with it. */
const isAsync = (hook: AnyHook): boolean =>
  hook.constructor === AsyncSeriesHook || hook.constructor === AsyncSeriesWaterfallHook;

/** A fraction of a stage that grows with every listener: what was opened last is closed first. */
const rank = ({ taps }: AnyHook): number => taps.length / 1e6;
