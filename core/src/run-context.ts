import type { Clock } from './clock.js';
import type { ResolvedConfig } from './config/schema.js';
import type { Logger } from './domain/events.js';
import type { Hooks } from './hooks.js';
import type { Passes } from './passes/passes.js';
import type { Engine } from './ports/engine.js';
import type { RunStore } from './ports/run-store.js';
import type { Rng } from './rng.js';

/** What every stage, plugin and hook of a run is given. */
export interface RunContext {
  readonly config: ResolvedConfig;
  readonly engine: Engine;
  /** How graphs are run over batches of data: whole or, where the model is larger than the memory, streamed. */
  readonly passes: Passes;
  readonly rng: Rng;
  readonly clock: Clock;
  /** Aborted on Ctrl-C: long loops save their state and call `throwIfAborted`. */
  readonly signal: AbortSignal;
  readonly hooks: Hooks;
  readonly store: RunStore;
  readonly log: Logger;
  /** Tells how far the current stage is. */
  progress(done: number, total: number, unit: string, note?: string): void;
}
