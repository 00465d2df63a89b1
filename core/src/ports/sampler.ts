import { createToken } from '../token.js';

/** What a sampler knows of one source. Losses are mean negative log-likelihoods per token, in nats. */
export interface SourceState {
  readonly name: string;
  /** Of the dense model on the source's tuning split. */
  readonly denseLoss: number;
  /** Of the model as it is now, on the same sequences. */
  readonly loss: number;
  /**
   * What the source had of the former round of the stage, hooks included, among the sources that are asked about together:
   * these shares sum to 1. Undefined in the first round, and where none of them was read.
   */
  readonly share?: number;
}

/** Port: how much of each source the next recovery round reads. */
export interface Sampler {
  /** One share per source, not negative, summing to 1. */
  weights(sources: readonly SourceState[]): number[];
}
export const Sampler = createToken<Sampler>('sampler');
