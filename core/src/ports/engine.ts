import type { Graph, Shape } from '../graph/graph.js';
import { createToken } from '../token.js';
import type { QuantisedMatrix } from '../training/quantise.js';

/** A dense tensor in memory. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array | BigInt64Array;
}

/** Tensors by name: graph inputs, parameters without a file, and parameters that are trained. */
export type Feeds = Readonly<Record<string, Tensor>>;

/** A run of bytes of a file. */
interface ByteRun {
  readonly offset: number;
  readonly byteLength: number;
}

/** Where a matrix [out, in] in 8 bits lies ({@link QuantisedMatrix}). */
export interface QuantisedRef {
  /** Absolute path of the file. */
  readonly file: string;
  /** int8 [out, in]. */
  readonly values: ByteRun;
  /** float32 [out], little-endian. */
  readonly scales: ByteRun;
}

/** Whether the backward pass makes activations again instead of keeping them; `auto` leaves it to the engine. */
export type Recompute = boolean | 'auto';

export interface CompileOptions {
  /**
   * Values by which the output `loss` is differentiated, by name: parameters, float inputs, or whatever else the graph
   * computes, which the form `naive` must not expand. Base parameters named here are fed at each run instead of being
   * read from their file. Default: none, forward only.
   */
  readonly wrt?: readonly string[];
  /** Parameters with a file that are fed all the same, since the caller has changed them. Default: none. */
  readonly fed?: readonly string[];
  /**
   * Keep only what passes between two halves of a layer, and make the other activations again in the backward pass:
   * far less memory for about a third more time, and the same numbers. `auto`: where they would not fit otherwise.
   * Default false.
   */
  readonly recompute?: Recompute;
  /** float64 and `naive` are for proofs: the reference against which the fast form is checked. Default float32. */
  readonly precision?: 'float32' | 'float64';
  /** `naive` expands every composite before differentiation. Default `fused`. */
  readonly form?: 'fused' | 'naive';
  /**
   * Stored matrices of linear layers that are read in 8 bits from elsewhere, by parameter, in float32: values and
   * gradients are those of the dequantised matrices. Default: none.
   */
  readonly quantised?: ReadonlyMap<string, QuantisedRef> | undefined;
}

export interface RunResult {
  /** By output role of the graph. Floats have the compiled precision. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** d loss / d x by name, for every name in `wrt`. */
  readonly gradients: Readonly<Record<string, Tensor>>;
}

/** A compiled graph. Inputs are only read; results belong to the caller. */
export interface Executable {
  /**
   * Runs the graph once. All inputs, all fed parameters must be there with the shapes of the graph.
   * @throws SecateurError E_ENGINE for a missing, unknown or wrongly shaped feed.
   */
  run(feeds: Feeds): Promise<RunResult>;
  /** Frees everything; the executable cannot be run again. Safe to call twice. */
  release(): Promise<void>;
}

/** What the report says of an engine. */
export interface EngineInfo {
  readonly name: string;
  readonly version: string;
  readonly device: string;
  /** What drives the device, with versions where they are known; absent for the CPU. */
  readonly driver?: string;
  readonly threads: number;
}

/** What an engine knows of a device that it may compute on. */
export interface DeviceState {
  readonly device: string;
  /** The one that the configuration stands for, where names of devices are the engine's own. */
  readonly isChosen?: true;
  /** `wrong`: it is there, and does not compute what it should. */
  readonly state: 'ready' | 'wrong' | 'absent';
  readonly driver?: string;
  /** Largest relative error of a gradient in the check of the device. */
  readonly error?: number;
  /** Why it is absent or wrong, as a sentence. */
  readonly reason?: string;
  /** The next step. */
  readonly hint?: string;
}

export interface DevicesOptions {
  /** Checks again what has passed before. Default false. */
  readonly again?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Port: runs graphs, forward and backward. */
export interface Engine {
  /**
   * @throws SecateurError E_ENGINE when an operator has no form in this engine; E_DEVICE when the device is not there, or
   * computes wrongly
   */
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>;
  info(): EngineInfo;
  /** Every device that it knows, each tried out and checked. Absent for an engine that has no choice. */
  devices?(options?: DevicesOptions): Promise<readonly DeviceState[]>;
  close(): Promise<void>;
}
export const Engine = createToken<Engine>('engine');
