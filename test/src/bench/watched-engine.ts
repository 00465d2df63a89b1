import type { CompileOptions, Engine, Executable, Feeds, RunResult } from '@secateur/core';
import type { Graph } from '@secateur/core/graph';

/** An engine that tells how long its last run took, and keeps what it compiled last. */
export class WatchedEngine implements Engine {
  /** From feeds to results, in the thread that asked. */
  runSeconds = 0;
  last: Executable | undefined;

  constructor(private readonly engine: Engine) {}

  async compile(graph: Graph, options?: CompileOptions): Promise<Executable> {
    const executable = await this.engine.compile(graph, options);
    this.last = {
      run: feeds => this.#timed(executable, feeds),
      release: () => executable.release(),
    };
    return this.last;
  }

  info() {
    return this.engine.info();
  }

  close() {
    return this.engine.close();
  }

  async #timed(executable: Executable, feeds: Feeds): Promise<RunResult> {
    const start = performance.now();
    const result = await executable.run(feeds);
    this.runSeconds = (performance.now() - start) / 1000;
    return result;
  }
}
