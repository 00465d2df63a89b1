import { createRequire } from 'node:module';
import type {
  CompileOptions,
  DeviceState,
  DevicesOptions,
  Engine,
  EngineInfo,
  Executable,
  Logger,
} from '@secateur/core';
import type { Graph } from '@secateur/core/graph';
import { examineApart } from './devices/examine-apart.js';
import { type DeviceChoice, type OpenedDevice, openDevice } from './devices/open-device.js';
import type { Device } from './lower/target.js';
import { OnnxRuntimeExecutable } from './onnx-runtime-executable.js';
import { makeProgram } from './program.js';
import { defaultThreads } from './threads.js';
import { SessionWorker } from './worker/session-worker.js';

export interface OnnxRuntimeOptions {
  /** Threads of one operator. Results depend on it in the last bits. Default: the physical cores at hand. */
  readonly threads?: number;
  /** Where to compute; `auto` is CUDA where that is there and computes rightly, else the CPU. Default `cpu`. */
  readonly device?: DeviceChoice;
  /** Is told when a device is checked, and why `auto` leaves one out. */
  readonly log?: Logger;
  /** The device is taken without a check: for the check itself. Not with `auto`. Default false. */
  readonly isTrusted?: boolean;
}

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };

const devices: readonly Device[] = ['cpu', 'webgpu', 'cuda'];

/**
 * The whole step, forward and backward, as one ONNX graph run by onnxruntime. Frozen weights are mapped straight out of
 * their files. All graphs of an engine run in one worker thread, one after the other.
 */
export class OnnxRuntimeEngine implements Engine {
  readonly #threads: number;
  readonly #choice: DeviceChoice;
  readonly #log: Logger | undefined;
  readonly #worker: SessionWorker;
  #opening: Promise<OpenedDevice> | undefined;
  #opened: OpenedDevice | undefined;
  #sessions = 0;

  constructor({
    threads = defaultThreads(),
    device = 'cpu',
    log,
    isTrusted = false,
  }: OnnxRuntimeOptions = {}) {
    this.#threads = threads;
    this.#choice = device;
    this.#log = log;
    this.#worker = new SessionWorker({ takesTurns: device === 'webgpu' });
    if (isTrusted && device !== 'auto') this.#opened = { device };
  }

  /**
   * Makes sure that the device is there and computes rightly, once. Compiling does it too.
   * @throws SecateurError E_DEVICE
   */
  async open(signal?: AbortSignal): Promise<OpenedDevice> {
    if (this.#opened) return this.#opened;
    this.#opening ??= openDevice(this.#choice, { log: this.#log, signal });
    this.#opened = await this.#opening;
    return this.#opened;
  }

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Executable> {
    const { device } = await this.open();
    const program = await makeProgram(graph, options, { device });
    const { model, folder, folds, target } = program;
    const session = this.#sessions++;
    const settings = {
      device: target.device,
      threads: this.#threads,
      folds,
      ...(folder === undefined ? {} : { folder }),
    };
    await this.#worker.ask({ kind: 'compile', session, model, settings });
    return new OnnxRuntimeExecutable(this.#worker, session, program);
  }

  /** Of the device that was opened; before that, the one that was asked for. */
  info(): EngineInfo {
    const opened = this.#opened ?? { device: this.#choice };
    return { name: 'onnxruntime', version, ...opened, threads: this.#threads };
  }

  async devices({ again = false, signal, onProgress }: DevicesOptions = {}): Promise<readonly DeviceState[]> {
    const states: DeviceState[] = [];
    for (const [i, device] of devices.entries()) {
      onProgress?.(i, devices.length);
      states.push(await examineApart(device, { again, signal }));
    }
    onProgress?.(devices.length, devices.length);
    return states;
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}

/** The engine as a plugin makes it. */
export const createOnnxRuntimeEngine = (options?: OnnxRuntimeOptions): OnnxRuntimeEngine =>
  new OnnxRuntimeEngine(options);
