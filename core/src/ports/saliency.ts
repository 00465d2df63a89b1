import type { Member, RemovalGroup } from '../domain/removal-group.js';
import type { Shape } from '../graph/graph.js';
import { createToken } from '../token.js';

/**
 * What a scorer may ask the run to collect on calibration data:
 * `gateGradient`: d loss / d gate per unit, per sequence; `inputNorms`: the L2 norm of each input column of the
 * weights that read a group.
 */
export type SignalName = 'gateGradient' | 'inputNorms';

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

/** What a scorer sees of the model and of the calibration data. */
export interface Signals {
  /** All groups that are scored together, for scorers that normalise over them. */
  readonly groups: readonly RemovalGroup[];
  /** The frozen base weight W. */
  weight(param: string): Promise<UnitWeights>;
  /** W + scaling · B A, the weight that the model computes with. */
  effective(param: string): Promise<UnitWeights>;
  /** B A without the scaling; undefined where no adapter is attached. */
  update(param: string): Promise<UnitWeights | undefined>;
  /** @throws SecateurError E_SIGNAL_NOT_DECLARED without `needs: ['gateGradient']` */
  gateGradient(group: RemovalGroup): GateGradient;
  /** ‖X_j‖₂ over all calibration tokens for each input column j of the weight, [in]. @throws E_SIGNAL_NOT_DECLARED */
  inputNorms(param: string): Float64Array;
}

/** Port: one score per unit, higher = keep. */
export interface SaliencyScorer {
  readonly needs?: readonly SignalName[];
  /** Must return `group.units` finite scores. */
  score(group: RemovalGroup, signals: Signals): Float32Array | Promise<Float32Array>;
}
export const SaliencyScorer = createToken<SaliencyScorer>('saliency');
