import { relative, sep } from 'node:path';
import { hasDocuments, inputFeeds } from '../data/sequence.js';
import { isSecateurError } from '../errors.js';
import type { StoredDType } from '../graph/graph.js';
import { LiveModel } from '../model/live-model.js';
import { padLora, writeShaped, writtenShape } from '../model/written-shape.js';
import { logitsOf } from '../passes/logits-of.js';
import type { Checkpoint } from '../ports/checkpoint.js';
import type { RunContext } from '../run-context.js';
import type { Session } from '../session.js';
import { type ChosenExporter, chosenExporters } from './chosen-exporters.js';
import { countTensors } from './count-tensors.js';
import { largestDifference } from './cut.js';
import type { Loaded } from './load.js';
import type { Stage } from './stage.js';
import { writeAdapter } from './write-adapter.js';

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
  /** Files for other runtimes, below the run's folder, with forward slashes. */
  readonly files: readonly string[];
  /** What a user should know about what was written. */
  readonly notes: readonly string[];
}

/**
 * Writes the model folder in the shape that is asked for, and the adapter beside it when it is not merged; reads both
 * back and compares; then writes the files for other runtimes.
 */
export const emit = (session: Session): Stage<EmitInput, Emitted> => ({
  name: 'emit',
  title: 'Write the model',
  async run(run, { loaded, model }) {
    const { merge, shape, dtype } = run.config.export;
    const written = writtenShape(model.source, shape);
    const folder = run.store.path('model');
    await writeShaped(folder, model, written, {
      merge,
      onTensor: countTensors(run, written.tensors.length),
      dtype: dtype ?? storedType(loaded),
      companions: loaded.companions,
    });
    const adapter = merge ? undefined : run.store.path('adapter');
    const lora = padLora(model, written);
    if (adapter !== undefined) await writeAdapter(adapter, loaded.adapterConfig, model.source.format, lora);
    const checkpoint = await model.source.format.open(folder);
    const { config, tensors } = checkpoint;
    const again = new LiveModel(
      { ...model.source, config, tensors },
      merge ? { specs: new Map(), arrays: new Map() } : lora.state,
    );
    const writtenVsCompact = await compare(run, loaded, model, again);
    for (const note of written.notes) run.log('info', note);
    const exported = await exportFiles(run, chosenExporters(session), checkpoint, model);
    return {
      folder,
      adapter,
      writtenVsCompact,
      files: exported.files,
      notes: [...written.notes, ...exported.notes],
    };
  },
});

/** The element type that most of the input's weights have. */
const storedType = ({ model }: Loaded): 'F32' | 'F16' | 'BF16' => {
  const counts = new Map<StoredDType, number>();
  for (const { dtype } of model.source.tensors.values()) counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  const [most] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ['F32'];
  return most === 'F64' ? 'F32' : most;
};

/** Logits of what was written against logits of the model in memory. Differs where the file holds half precision. */
const compare = async (
  run: RunContext,
  loaded: Loaded,
  model: LiveModel,
  written: LiveModel,
): Promise<number> => {
  const rows = loaded.sources[0]!.validation.slice(0, 1);
  const shape = { batch: 1, sequence: rows[0]!.ids.length, documents: hasDocuments(rows) };
  const logits = (which: LiveModel): Promise<Float32Array> =>
    logitsOf(run, which, which.graph(shape), inputFeeds(rows, shape));
  return largestDifference(await logits(model), await logits(written));
};

/**
 * Writes what `export.formats` names into the model folder. A format that cannot say what the model is costs that file
 * and not the run, whose model is written by then.
 */
const exportFiles = async (
  run: RunContext,
  exporters: readonly ChosenExporter[],
  checkpoint: Checkpoint,
  { source: { format, tracer } }: LiveModel,
): Promise<Pick<Emitted, 'files' | 'notes'>> => {
  const files: string[] = [];
  const notes: string[] = [];
  const note = (level: 'info' | 'warn', text: string): void => {
    notes.push(text);
    run.log(level, text);
  };
  for (const { name, exporter, dtype } of exporters) {
    run.signal.throwIfAborted();
    const file = run.store.path('model', ...exporter.place.split('/'));
    try {
      const exported = await exporter.export({ checkpoint, format, tracer }, file, {
        dtype,
        signal: run.signal,
        onProgress: (done, total) => run.progress(done, total, 'bytes', name),
      });
      files.push(...exported.files.map(path => relative(run.store.folder, path).split(sep).join('/')));
      for (const text of exported.notes) note('info', `${name}: ${text}`);
    } catch (error) {
      if (!isSecateurError(error) || error.code !== 'E_EXPORT') throw error;
      note('warn', `${name} was not written: ${error.message}`);
    }
  }
  return { files, notes };
};
