import { createRequire } from 'node:module';
import type { CompileOptions, Engine, EngineInfo, Executable } from '@secateur/core';
import type { Graph } from '@secateur/core/graph';
import { OnnxRuntimeExecutable } from './onnx-runtime-executable.js';
import { makeProgram } from './program.js';
import { defaultThreads } from './threads.js';
import { SessionWorker } from './worker/session-worker.js';

export interface OnnxRuntimeOptions {
  /** Threads of one operator. Results depend on it in the last bits. Default: the physical cores at hand. */
  readonly threads?: number;
}

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };

/**
 * The whole step, forward and backward, as one ONNX graph run by onnxruntime on the CPU. Frozen weights are mapped
 * straight out of their files. All graphs of an engine run in one worker thread, one after the other.
 */
export class OnnxRuntimeEngine implements Engine {
  readonly #threads: number;
  readonly #worker = new SessionWorker();
  #sessions = 0;

  constructor({ threads = defaultThreads() }: OnnxRuntimeOptions = {}) {
    this.#threads = threads;
  }

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Executable> {
    const program = await makeProgram(graph, options);
    const { model, folder } = program;
    const session = this.#sessions++;
    const settings = {
      threads: this.#threads,
      ...(folder === undefined ? {} : { folder }),
    };
    await this.#worker.ask({ kind: 'compile', session, model, settings });
    return new OnnxRuntimeExecutable(this.#worker, session, program);
  }

  info(): EngineInfo {
    return { name: 'onnxruntime', version, device: 'cpu', threads: this.#threads };
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}

/** The engine as a plugin makes it. */
export const createOnnxRuntimeEngine = (options?: OnnxRuntimeOptions): OnnxRuntimeEngine =>
  new OnnxRuntimeEngine(options);
