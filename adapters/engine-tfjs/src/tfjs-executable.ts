import { setImmediate } from 'node:timers/promises';
import {
  checkFeeds,
  type Executable,
  type Feeds,
  type RunResult,
  SecateurError,
  type Tensor,
} from '@secateur/core';
import { type Graph, gradientRole, outputOf, type Value } from '@secateur/core/graph';
import type { Tf, TfTensor } from './kernels/kernel.js';
import type { Plan } from './plan.js';
import { upload } from './upload.js';

/** Milliseconds of computing after which others may have the thread: a Ctrl-C, a line of progress. */
const TURN = 50;

export interface Compiled {
  /** In primitives. */
  readonly program: Graph;
  readonly plan: Plan;
  /** Weights and constants on the device, by name. */
  readonly kept: ReadonlyMap<string, TfTensor>;
  /** Fed at each run. */
  readonly fed: readonly Value[];
  /** Output roles of the caller's graph. */
  readonly roles: readonly string[];
  readonly wrt: readonly string[];
}

/** A plan with its weights. Runs of it go one after the other. */
export class TfjsExecutable implements Executable {
  #last: Promise<unknown> = Promise.resolve();
  #released = false;

  /** @param free gives weights and constants back */
  constructor(
    private readonly tf: Tf,
    private readonly compiled: Compiled,
    private readonly free: () => Promise<void>,
  ) {}

  run(feeds: Feeds): Promise<RunResult> {
    const result = this.#last.then(() => this.#run(feeds));
    this.#last = result.catch(() => {});
    return result;
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#last;
    await this.free();
  }

  async #run(feeds: Feeds): Promise<RunResult> {
    if (this.#released) throw new SecateurError('E_ENGINE', 'The executable was released.');
    const { tf } = this;
    const { plan, kept, fed, wrt, roles } = this.compiled;
    checkFeeds(fed, feeds);
    const tensors: (TfTensor | undefined)[] = [];
    for (const [name, tensor] of kept) tensors[plan.slots.get(name)!] = tensor;
    try {
      for (const value of fed)
        tensors[plan.slots.get(value.name)!] = upload(tf, value, feeds[value.name]!.data);
      let turn = performance.now();
      for (const step of plan.steps) {
        step(tf, tensors);
        if (performance.now() - turn < TURN) continue;
        await setImmediate();
        turn = performance.now();
      }
      return {
        outputs: await this.#results(roles, role => role, tensors),
        gradients: await this.#results(wrt, gradientRole, tensors),
      };
    } finally {
      const stays = new Set(kept.values());
      for (const tensor of new Set(tensors)) if (tensor && !stays.has(tensor)) tensor.dispose();
    }
  }

  async #results(
    names: readonly string[],
    roleOf: (name: string) => string,
    tensors: readonly (TfTensor | undefined)[],
  ): Promise<Readonly<Record<string, Tensor>>> {
    const { program, plan } = this.compiled;
    const found: Record<string, Tensor> = {};
    for (const name of names) {
      const { name: value, shape, dtype } = outputOf(program, roleOf(name));
      const data = await tensors[plan.slots.get(value)!]!.data();
      // What TensorFlow.js gives may be its own memory.
      found[name] = {
        shape,
        data: dtype === 'int64' ? BigInt64Array.from(data as Int32Array, BigInt) : Float32Array.from(data),
      };
    }
    return found;
  }
}
