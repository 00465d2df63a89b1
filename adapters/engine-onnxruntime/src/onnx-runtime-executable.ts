import { type Executable, type Feeds, type RunResult, SecateurError, type Tensor } from '@secateur/core';
import { packFeeds } from './feeds.js';
import type { Program } from './program.js';
import type { Fetched } from './worker/protocol.js';
import type { SessionWorker } from './worker/session-worker.js';

/** One session in the worker. */
export class OnnxRuntimeExecutable implements Executable {
  readonly #worker: SessionWorker;
  readonly #session: number;
  readonly #program: Pick<Program, 'target' | 'feeds' | 'outputs' | 'gradients'>;
  #released = false;

  constructor(worker: SessionWorker, session: number, { target, feeds, outputs, gradients }: Program) {
    this.#worker = worker;
    this.#session = session;
    this.#program = { target, feeds, outputs, gradients };
  }

  async run(feeds: Feeds): Promise<RunResult> {
    if (this.#released) throw new SecateurError('E_ENGINE', 'The executable was released.');
    const { target, feeds: specs, outputs, gradients } = this.#program;
    const packed = packFeeds(specs, feeds, target.precision);
    const moved = Object.values(packed).map(({ data }) => data.buffer as ArrayBuffer);
    const fetches = [...new Set([...outputs.values(), ...gradients.values()])];
    const fetched = await this.#worker.ask(
      { kind: 'run', session: this.#session, feeds: packed, fetches },
      moved,
    );
    const given = new Set<string>();
    return { outputs: byRole(outputs, fetched!, given), gradients: byRole(gradients, fetched!, given) };
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#worker.release(this.#session);
  }
}

/** Two roles of one tensor get an array each, since results belong to the caller. `given` holds what is taken. */
const byRole = (
  roles: ReadonlyMap<string, string>,
  fetched: Fetched,
  given: Set<string>,
): Record<string, Tensor> =>
  Object.fromEntries(
    [...roles].map(([role, name]) => {
      const { shape, data } = fetched[name]!;
      const own = given.has(name) ? data.slice() : data;
      given.add(name);
      return [role, { shape, data: own }];
    }),
  );
