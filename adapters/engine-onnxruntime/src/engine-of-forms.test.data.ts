import type { CompileOptions, Engine, EngineInfo, Executable } from '@secateur/core';
import type { Graph } from '@secateur/core/graph';
import type { Device } from './lower/target.js';
import { OnnxRuntimeExecutable } from './onnx-runtime-executable.js';
import { makeProgram } from './program.js';
import { SessionWorker } from './worker/session-worker.js';

/** Runs on the CPU what is written for another device: its forms can be proved where the device is not. */
export class EngineOfForms implements Engine {
  readonly #worker = new SessionWorker();
  #sessions = 0;

  constructor(private readonly device: Device) {}

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Executable> {
    const program = await makeProgram(graph, options, { device: this.device });
    const session = this.#sessions++;
    const { model, folder, folds } = program;
    const settings = {
      device: 'cpu',
      threads: 1,
      folds,
      ...(folder === undefined ? {} : { folder }),
    } as const;
    await this.#worker.ask({ kind: 'compile', session, model, settings });
    return new OnnxRuntimeExecutable(this.#worker, session, program);
  }

  info(): EngineInfo {
    return { name: 'forms', version: '1', device: this.device, threads: 1 };
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}
