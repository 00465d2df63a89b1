import type { StageRecord } from '../domain/report.js';
import type { Bundle } from '../ports/run-store.js';
import type { RunContext } from '../run-context.js';

/** One step of a run: readonly data in, new data out, and a form that survives a kill. */
export interface Stage<Input, Output> {
  readonly name: string;
  /** What people read while it runs. */
  readonly title: string;
  run(run: RunContext, input: Input): Promise<Output>;
  /** The output for a checkpoint; stages without it are run again on resume. */
  pack?(output: Output): Bundle;
  unpack?(run: RunContext, input: Input, bundle: Bundle): Promise<Output>;
}

const SAMPLE_MS = 100;

/** Runs stages one after the other: times them, saves what they give, and skips what was done before a kill. */
export class StageRunner {
  readonly records: StageRecord[] = [];

  constructor(private readonly context: RunContext & { stage: string }) {}

  async step<I, O>(stage: Stage<I, O>, input: I): Promise<O> {
    const { hooks, clock, store } = this.context;
    this.context.stage = stage.name;
    const saved = stage.unpack && (await store.load(stage.name));
    if (saved && stage.unpack) {
      const { record, output } = saved.json as { record: StageRecord; output: unknown };
      this.records.push(record);
      return stage.unpack(this.context, input, { json: output, tensors: saved.tensors });
    }
    hooks.progress.call({ kind: 'stage-start', stage: stage.name, title: stage.title });
    store.event({ event: 'stage-start', stage: stage.name });
    const start = clock.now();
    let peakBytes = process.memoryUsage.rss();
    const sample = (): void => {
      peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    };
    const timer = setInterval(sample, SAMPLE_MS).unref();
    try {
      const output = await stage.run(this.context, input);
      sample();
      const record = { name: stage.name, seconds: (clock.now() - start) / 1000, peakBytes };
      this.records.push(record);
      if (stage.pack) {
        const { json, tensors } = stage.pack(output);
        await store.save(stage.name, { json: { record, output: json }, tensors });
      }
      await store.remove(`${stage.name}.partial`);
      hooks.progress.call({ kind: 'stage-end', stage: stage.name, seconds: record.seconds, peakBytes });
      store.event({ event: 'stage-end', ...record });
      return output;
    } finally {
      clearInterval(timer);
    }
  }
}
