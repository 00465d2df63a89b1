import type { SourceData } from '../data/sequence.js';
import type { LiveModel } from '../model/live-model.js';
import type { RunContext } from '../run-context.js';
import { createToken } from '../token.js';

/** A measured quality of a model on one source. */
export interface Measurement {
  readonly perplexity: number;
  /** Predicted tokens. */
  readonly tokens: number;
  /** Tokens per chunk: perplexities at different chunks cannot be compared. */
  readonly chunk: number;
}

/** Port: measures a model on the validation split of each source. */
export interface Evaluator {
  evaluate(
    run: RunContext,
    model: LiveModel,
    sources: readonly SourceData[],
  ): Promise<Readonly<Record<string, Measurement>>>;
}
export const Evaluator = createToken<Evaluator>('evaluator');
