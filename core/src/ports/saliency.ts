import type { Member, RemovalGroup } from '../domain/removal-group.js';
import type { Shape } from '../graph/graph.js';
import type { Rng } from '../rng.js';
import { createToken } from '../token.js';

/**
 * What a scorer may ask the run to collect on calibration data; the run plans its pass from all that is asked for:
 * `gateGradient`: d loss / d gate per unit, per sequence; `inputNorms`, `inputMoments`, `inputGram`: norm, mean and
 * variance, and second moments of the inputs of the weights that read a group; `outputGradient`: how much the loss minds
 * what these give; `gradient`, `fisher`: d loss / d w of every base weight that makes or reads a unit, and the mean of its
 * squares over sequences; `loraGradient`: d loss / d w of the adapter's factors; `blockSimilarity`: how little each layer
 * turns its hidden states.
 */
export type SignalName =
  | 'gateGradient'
  | 'inputNorms'
  | 'inputMoments'
  | 'inputGram'
  | 'outputGradient'
  | 'gradient'
  | 'fisher'
  | 'loraGradient'
  | 'blockSimilarity';

/** A weight matrix, row-major, with access by unit. */
export interface UnitWeights {
  readonly shape: Shape;
  readonly data: Float32Array;
  /** Calls back once per unit with the entries that the unit owns in this tensor. The slice is reused: copy to keep. */
  forEachUnit(member: Member, visit: (unit: number, slice: Float32Array) => void): void;
}

/** Statistics of d loss / d gate over calibration sequences, each [units]; gates are 1 at a whole model. */
export interface GateGradient {
  readonly mean: Float64Array;
  readonly meanAbsolute: Float64Array;
  readonly meanSquare: Float64Array;
}

/** Mean and variance of each input column of a weight over calibration tokens, each [in]. */
export interface InputMoments {
  readonly mean: Float64Array;
  /** Divided by the number of tokens. */
  readonly variance: Float64Array;
}

/** The factors of one module's LoRA and their gradients, row-major: A [rank, in], B [out, rank]. */
export interface LoraGradient {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly byA: Float32Array;
  readonly byB: Float32Array;
  readonly rank: number;
  readonly scaling: number;
}

/** What a scorer sees of the model and of the calibration data. What is measured must be declared: E_SIGNAL_NOT_DECLARED. */
export interface Signals {
  /** All groups that are scored together, for scorers that normalise over them. */
  readonly groups: readonly RemovalGroup[];
  /** A stream of its own for scorers that draw lots; the same at the same seed. */
  readonly rng: Rng;
  /** Calibration tokens, padding left out: what statistics of inputs are over. */
  readonly tokens: number;
  /** The frozen base weight W. */
  weight(param: string): Promise<UnitWeights>;
  /** W + scaling · B A, the weight that the model computes with. */
  effective(param: string): Promise<UnitWeights>;
  /** B A without the scaling; undefined where no adapter is attached. */
  update(param: string): Promise<UnitWeights | undefined>;
  gateGradient(group: RemovalGroup): GateGradient;
  /** ‖X_j‖₂ over all calibration tokens for each input column j of the weight, [in]. */
  inputNorms(param: string): Float64Array;
  inputMoments(param: string): InputMoments;
  /** Σ x xᵀ over all calibration tokens, x the inputs of the weight: [in, in], row-major. */
  inputGram(param: string): Float64Array;
  /** E (d loss / d y)² over calibration tokens and the outputs y of the weight, each sequence by its own mean loss. */
  outputGradient(param: string): number;
  /** d loss / d W of the mean loss over all counted calibration tokens, in the shape of the weight. */
  gradient(param: string): UnitWeights;
  /** E (d loss / d W)² over calibration sequences, each by its own mean loss. */
  fisher(param: string): UnitWeights;
  /** Undefined where no adapter is attached. The loss is the mean over all counted calibration tokens. */
  loraGradient(param: string): LoraGradient | undefined;
  /** E cos(h, h') over calibration tokens, h and h' the hidden states before and behind the layer. */
  blockSimilarity(layer: number): number;
}

/** Port: one score per unit, higher = keep. */
export interface SaliencyScorer {
  readonly needs?: readonly SignalName[];
  /**
   * Must return `group.units` finite scores. Where it waits for something, other groups are scored meanwhile.
   * @param stop for scorers that compute in threads or processes of their own: the scores are not wanted any more
   */
  score(group: RemovalGroup, signals: Signals, stop?: AbortSignal): Float32Array | Promise<Float32Array>;
}
export const SaliencyScorer = createToken<SaliencyScorer>('saliency');
