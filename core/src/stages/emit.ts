import { batchFeeds } from '../data/sequence.js';
import { loraNames } from '../graph/attach-lora.js';
import type { StoredDType } from '../graph/graph.js';
import { LiveModel } from '../model/live-model.js';
import type { RunContext } from '../run-context.js';
import { feedsOf } from '../training/trainer.js';
import { largestDifference } from './cut.js';
import type { Loaded } from './load.js';
import type { Stage } from './stage.js';

export interface EmitInput {
  readonly loaded: Loaded;
  readonly model: LiveModel;
}

export interface Emitted {
  readonly folder: string;
  /** Where the adapter went; undefined when it was merged. */
  readonly adapter: string | undefined;
  /** Largest absolute difference of logits between the model in memory and what was written, read back. */
  readonly writtenVsCompact: number;
}

/** Writes the model folder, and the adapter beside it when it is not merged; then reads both back and compares. */
export const emit: Stage<EmitInput, Emitted> = {
  name: 'emit',
  title: 'Write the model',
  async run(run, { loaded, model }) {
    const { source } = model;
    const { merge } = run.config.export;
    const folder = run.store.path('model');
    const layout = [...source.tensors].map(([name, { shape }]) => ({ name, shape }));
    await source.format.write(
      folder,
      source.config,
      layout,
      name => (merge ? model.merged(name) : model.weight(name)),
      {
        dtype: run.config.export.dtype ?? storedType(loaded),
        companions: loaded.companions,
      },
    );
    const adapter = merge ? undefined : run.store.path('adapter');
    if (adapter !== undefined) await writeAdapter(adapter, loaded, model);
    return { folder, adapter, writtenVsCompact: await readBack(run, folder, loaded, model, merge) };
  },
};

/** The element type that most of the input's weights have. */
const storedType = ({ model }: Loaded): 'F32' | 'F16' | 'BF16' => {
  const counts = new Map<StoredDType, number>();
  for (const { dtype } of model.source.tensors.values()) counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  const [most] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ['F32'];
  return most === 'F64' ? 'F32' : most;
};

const writeAdapter = async (
  folder: string,
  { adapterConfig }: Loaded,
  { lora, source }: LiveModel,
): Promise<void> => {
  const tensors = [...lora.specs].flatMap(([module, { rank }]) => {
    const [out, into] = source.tensors.get(`${module}.weight`)!.shape as [number, number];
    const { a, b } = loraNames(module);
    return [
      { name: a, shape: [rank, into], data: lora.arrays.get(a)! },
      { name: b, shape: [out, rank], data: lora.arrays.get(b)! },
    ];
  });
  const [first] = lora.specs.values();
  const made = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    r: first!.rank,
    lora_alpha: first!.scaling * first!.rank,
    lora_dropout: 0,
    bias: 'none',
    target_modules: [...new Set([...lora.specs.keys()].map(module => module.split('.').at(-1)!))],
  };
  await source.format.writeAdapter(folder, adapterConfig ?? made, tensors);
};

/** Logits of what was written against logits of the model in memory. Differs where the file holds half precision. */
const readBack = async (
  run: RunContext,
  folder: string,
  loaded: Loaded,
  model: LiveModel,
  merged: boolean,
): Promise<number> => {
  const { config, tensors } = await model.source.format.open(folder);
  const written = new LiveModel(
    { ...model.source, config, tensors },
    merged ? { specs: new Map(), arrays: new Map() } : model.lora,
  );
  const rows = loaded.sources[0]!.validation.slice(0, 1);
  const shape = { batch: 1, sequence: rows[0]!.ids.length };
  const { input_ids } = batchFeeds(rows, 1, shape.sequence).feeds;
  const logits = async (which: LiveModel): Promise<Float32Array> => {
    const graph = which.graph(shape);
    const executable = await run.engine.compile(graph, { fed: [...which.changed.keys()] });
    try {
      return (await executable.run({ ...feedsOf(graph, which.fed), input_ids: input_ids! })).outputs.logits!
        .data as Float32Array;
    } finally {
      await executable.release();
    }
  };
  return largestDifference(await logits(model), await logits(written));
};
