import {
  type CompileOptions,
  checkNames,
  checkQuantised,
  type DeviceState,
  type Engine,
  type EngineInfo,
  type Executable,
  fedNames,
  type Logger,
  SecateurError,
} from '@secateur/core';
import type { Graph } from '@secateur/core/graph';
import { examineBackends } from './backends/examine-backends.js';
import type { LoadedBackend } from './backends/load-backend.js';
import { type BackendChoice, candidates, openBackend } from './backends/open-backend.js';
import { derive } from './derive.js';
import { kernelsOf } from './kernels/index.js';
import type { TfTensor } from './kernels/kernel.js';
import { makePlan } from './plan.js';
import { type StoredWeight, StoredWeights } from './stored-weights.js';
import { TfjsExecutable } from './tfjs-executable.js';
import { upload } from './upload.js';

export interface TfjsOptions extends BackendChoice {
  /** Is told which backend computes, and what a better one would need. */
  readonly log?: Logger;
}

/**
 * Graphs on TensorFlow.js, node by node: composites as their definitions, each tensor disposed after its last reader.
 * Slower than onnxruntime, and independent of it: a second opinion on every number.
 */
export class TfjsEngine implements Engine {
  #opening: Promise<LoadedBackend> | undefined;
  #opened: LoadedBackend | undefined;
  #weights: StoredWeights | undefined;

  constructor(private readonly options: TfjsOptions = {}) {}

  /**
   * Makes sure that a backend is there, once. Compiling does it too.
   * @throws SecateurError E_DEVICE
   */
  async open(): Promise<LoadedBackend> {
    this.#opening ??= openBackend(this.options, this.options.log);
    this.#opened = await this.#opening;
    this.#weights ??= new StoredWeights(this.#opened.tf);
    return this.#opened;
  }

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Executable> {
    const { wrt = [], fed = [], precision = 'float32', quantised = new Map() } = options;
    if (precision !== 'float32')
      throw new SecateurError('E_ENGINE', `TensorFlow.js computes in float32, not in ${precision}.`);
    checkNames(graph, wrt, fed);
    const { tf, name: backend } = await this.open();
    const kernels = kernelsOf(backend);
    const program = derive(graph, options, kernels);
    checkQuantised(program, quantised, [...wrt, ...fed], precision);
    const given = fedNames(graph, wrt, fed);

    const weights = this.#weights!;
    const taken: StoredWeight[] = [];
    const kept = new Map<string, TfTensor>();
    const constants: TfTensor[] = [];
    const free = async (): Promise<void> => {
      for (const tensor of constants.splice(0)) tensor.dispose();
      for (const weight of taken.splice(0)) await weights.release(weight);
    };
    try {
      for (const { name, shape, ref } of program.parameters.values()) {
        if (given.includes(name)) continue;
        const weight = { shape, ref: quantised.get(name) ?? ref! };
        taken.push(weight);
        kept.set(name, await weights.take(weight));
      }
      for (const constant of program.constants.values()) {
        const tensor = upload(tf, constant, constant.data);
        constants.push(tensor);
        kept.set(constant.name, tensor);
      }
    } catch (error) {
      await free();
      throw error;
    }
    return new TfjsExecutable(
      tf,
      {
        program,
        plan: makePlan(program, kernels, new Set(kept.keys())),
        kept,
        fed: given.map(name => graph.values.get(name)!),
        roles: [...graph.outputs.keys()],
        wrt,
      },
      free,
    );
  }

  /** Of the backend that was opened; before that, nothing is known of it. */
  info(): EngineInfo {
    const { version = '', name = 'none', driver, threads = 1 } = this.#opened ?? {};
    return { name: 'tfjs', version, device: name, ...(driver === undefined ? {} : { driver }), threads };
  }

  /** Its devices are the backends. */
  async devices(): Promise<readonly DeviceState[]> {
    const states = await examineBackends();
    const chosen = await this.open().then(
      ({ name }) => name,
      () => candidates(this.options)[0],
    );
    return states.map(state => (state.device === chosen ? { ...state, isChosen: true } : state));
  }

  async close(): Promise<void> {}
}

/** The engine as a plugin makes it. */
export const createTfjsEngine = (options?: TfjsOptions): TfjsEngine => new TfjsEngine(options);
