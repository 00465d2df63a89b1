import { createToken } from '../token.js';
import type { Checkpoint, CheckpointFormat } from './checkpoint.js';
import type { Tracer } from './tracer.js';

/** A model folder as it lies on disk, with what reads it. */
export interface ModelToExport {
  readonly checkpoint: Checkpoint;
  readonly format: CheckpointFormat;
  readonly tracer: Tracer;
}

/** Element types of weights in an exported file. */
export type ExportDType = 'f32' | 'f16' | 'bf16' | 'q8_0';

export interface ExportOptions {
  readonly dtype: ExportDType;
  readonly signal?: AbortSignal;
  /** Bytes written of all that will be. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Exported {
  /** Absolute paths, the main file first. */
  readonly files: readonly string[];
  /** What a user should know: tensors that got another type, layers that were padded. One sentence each. */
  readonly notes: readonly string[];
}

/** Port: writes a model folder as a file for another runtime. Each is chosen by the extension of its file. */
export interface Exporter {
  /** Without dot: `gguf`. */
  readonly extension: string;
  /** What it can write; the first is the default. */
  readonly dtypes: readonly ExportDType[];
  /** Where the file lies in a model folder that carries it, with forward slashes: `onnx/model.onnx`. */
  readonly place: string;
  /**
   * Writes under a temporary name, syncs, renames.
   * @throws SecateurError E_EXPORT when the format cannot say what the model is
   */
  export(model: ModelToExport, file: string, options: ExportOptions): Promise<Exported>;
}
export const Exporter = createToken<Exporter>('exporter', 'all');
