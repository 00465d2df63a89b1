import type { LayerSizes, Report } from '@secateur/core';

/** Which cell: one method at one ratio with one seed, and the rate where rates are tuned. */
export interface CellName {
  /** Name of the preset. */
  readonly preset: string;
  /** Share that is removed, in (0, 1). */
  readonly ratio: number;
  readonly seed: number;
  /** The learning rate that is tried; null where the configuration's own is taken. */
  readonly rate: number | null;
}

/** Tokens per second of a forward pass over `train.batch` sequences of `train.sequence` tokens; medians. */
export interface Speed {
  readonly dense: number;
  readonly pruned: number;
  /** pruned / dense: the median over turns of one run each, which holds where the others drift. */
  readonly ratio: number;
}

/** What is kept of one run. */
export interface Cell extends CellName {
  /** `structured`, `unstructured`: only cells of one class are comparable in size and speed. */
  readonly class: string;
  /** What the ratio is of. */
  readonly of: 'blocks' | 'model';
  readonly learningRate: number;
  readonly parameters: Report['parameters'];
  readonly flops: Report['flops'];
  /** By source, on the validation split. */
  readonly perplexity: Report['perplexity'];
  /** By task, of the three models; missing where none was asked. */
  readonly tasks?: Report['tasks'];
  readonly layers: readonly (LayerSizes & { readonly before: LayerSizes })[];
  readonly tokens: { readonly pruning: number; readonly recovery: number };
  /** Tokens of one training step. */
  readonly stepTokens: number;
  /** Mean loss of the final model over the sources' tuning splits, nats; null where nothing was recovered. */
  readonly tuningLoss: number | null;
  /** Wall time of all stages, and of those that trained. */
  readonly seconds: { readonly run: number; readonly training: number };
  /** Whether the run was interrupted and went on; then `seconds` lacks what was lost in between. */
  readonly resumed: boolean;
  /** Largest resident memory of the process. */
  readonly peakBytes: number;
  readonly speed: Speed;
  /** SHA-256 of model, adapter and texts. */
  readonly inputs: Report['inputs'];
  readonly versions: Readonly<Record<string, string>>;
  readonly engine: Report['engine'];
}

/** A cell that training ran away in: no number is left to compare. */
export interface FailedCell extends CellName {
  readonly failed: { readonly code: string; readonly message: string };
}

export const isFailed = (cell: Cell | FailedCell): cell is FailedCell => 'failed' in cell;

/** Name of the cell's folder: `wanda-sp-0.2-s7`. */
export const folderOf = ({ preset, ratio, seed, rate }: CellName): string =>
  `${encodeURIComponent(preset)}-${ratio}-s${seed}${rate === null ? '' : `-r${rate}`}`;

/** As people read it: `wanda-sp, ratio 0.2, seed 7`. */
export const titleOf = ({ preset, ratio, seed, rate }: CellName): string =>
  `${preset}, ratio ${ratio}, seed ${seed}${rate === null ? '' : `, rate ${rate}`}`;
