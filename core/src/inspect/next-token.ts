import { SecateurError } from '../errors.js';
import { withLogitsAt } from '../graph/with-loss.js';
import type { LiveModel } from '../model/live-model.js';
import type { Engine, Executable } from '../ports/engine.js';
import { feedsOf } from '../training/trainer.js';

/** Smallest graph that is compiled; it doubles as the text grows. */
const SHORTEST = 64;

/** What a model says of the next token, by graphs of growing length. What stands behind the text does not reach it. */
export class NextToken {
  #length = 0;
  #run: ((ids: readonly number[]) => Promise<Float32Array>) | undefined;
  #executable: Executable | undefined;
  readonly #limit: number;

  constructor(
    private readonly engine: Engine,
    private readonly model: LiveModel,
  ) {
    this.#limit = model.source.tracer.maxSequence(model.source.config);
  }

  /**
   * Logits of the token after `ids`, [vocabulary].
   * @throws SecateurError E_NUMERICS when one of them is not finite
   */
  async logits(ids: readonly number[]): Promise<Float32Array> {
    if (ids.length > this.#length) await this.#grow(ids.length);
    const logits = await this.#run!(ids);
    const odd = logits.find(value => !Number.isFinite(value));
    if (odd !== undefined)
      throw new SecateurError('E_NUMERICS', `the model gives the logit ${odd}, expected finite numbers`, {
        hint: 'check that no weight is NaN or infinite',
      });
    return logits;
  }

  async close(): Promise<void> {
    await this.#executable?.release();
  }

  async #grow(needed: number): Promise<void> {
    await this.close();
    let length = SHORTEST;
    while (length < needed) length *= 2;
    this.#length = Math.min(length, Math.max(needed, this.#limit));
    const sequence = this.#length;
    const graph = withLogitsAt(this.model.graph({ batch: 1, sequence }), 1);
    const executable = await this.engine.compile(graph);
    const fixed = feedsOf(graph, this.model.fed);
    this.#executable = executable;
    this.#run = async ids => {
      const input = new BigInt64Array(sequence);
      ids.forEach((id, i) => {
        input[i] = BigInt(id);
      });
      const rows = BigInt64Array.of(BigInt(ids.length - 1));
      const feeds = {
        ...fixed,
        input_ids: { shape: [1, sequence], data: input },
        rows: { shape: [1], data: rows },
      };
      return (await executable.run(feeds)).outputs.logits!.data as Float32Array;
    };
  }
}

/** Index of the largest number; the first of equal ones. */
export const argmax = (values: ArrayLike<number>): number => {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
};

/** Probabilities of logits, summed in float64. */
export const softmax = (logits: Float32Array): Float32Array => {
  const most = logits[argmax(logits)]!;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  return logits.map(logit => Math.exp(logit - most) / sum);
};
