import { checkIds } from '../data/tokenise.js';
import { SecateurError } from '../errors.js';
import { withLogitsAt } from '../graph/with-loss.js';
import type { LiveModel } from '../model/live-model.js';
import { Engine, type Executable } from '../ports/engine.js';
import { TokenizerFormat } from '../ports/tokenizer.js';
import type { Session } from '../session.js';
import { feedsOf } from '../training/trainer.js';
import { openModel } from './open-model.js';

export interface GenerateOptions {
  readonly model: string;
  readonly adapter?: string;
  /** May be empty: the model starts from BOS. */
  readonly prompt: string;
  /** Tokens to add. */
  readonly tokens: number;
  /** Called with the whole text so far after each token. */
  readonly onText?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** Smallest graph that is compiled; it doubles as the text grows. */
const SHORTEST = 64;

/**
 * Continues a prompt, always with the most likely token, until EOS or the given number of tokens.
 * @returns prompt and continuation
 * @throws SecateurError E_USAGE when the prompt and the tokens exceed what the model can read, E_TOKENIZER, E_NUMERICS
 */
export const generateText = async (session: Session, options: GenerateOptions): Promise<string> => {
  const { model, folder } = await openModel(session, options.model, options);
  const tokenizer = await session.active(TokenizerFormat).open(folder);
  const engine = session.active(Engine);
  const limit = model.source.tracer.maxSequence(model.source.config);
  const start = tokenizer.bos === undefined ? [] : [tokenizer.bos];
  const ids = [...start, ...checkIds(tokenizer.encode(options.prompt), model.vocabulary)];
  const text = (): string => tokenizer.decode(ids.slice(start.length));
  if (ids.length === 0 || options.tokens < 1 || ids.length + options.tokens - 1 > limit)
    throw new SecateurError(
      'E_USAGE',
      `${ids.length} tokens of prompt and ${options.tokens} more were asked for, expected 1 to ${limit} together`,
      { hint: 'shorten --prompt or lower --tokens' },
    );
  const next = new NextToken(engine, model, limit);
  try {
    for (let made = 0; made < options.tokens; made++) {
      options.signal?.throwIfAborted();
      const id = await next.after(ids);
      if (id === tokenizer.eos) break;
      ids.push(id);
      options.onText?.(text());
    }
    return text();
  } finally {
    await next.close();
    await engine.close();
  }
};

/** The most likely next token, by graphs of growing length. What stands behind the text does not reach it. */
class NextToken {
  #length = 0;
  #run: ((ids: readonly number[]) => Promise<Float32Array>) | undefined;
  #executable: Executable | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly model: LiveModel,
    private readonly limit: number,
  ) {}

  async after(ids: readonly number[]): Promise<number> {
    if (ids.length > this.#length) await this.#grow(ids.length);
    const logits = await this.#run!(ids);
    let best = 0;
    for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
    if (!Number.isFinite(logits[best]))
      throw new SecateurError(
        'E_NUMERICS',
        `the model gives the logit ${logits[best]}, expected finite numbers`,
        {
          hint: 'check that no weight is NaN or infinite',
        },
      );
    return best;
  }

  async close(): Promise<void> {
    await this.#executable?.release();
  }

  async #grow(needed: number): Promise<void> {
    await this.close();
    let length = SHORTEST;
    while (length < needed) length *= 2;
    this.#length = Math.min(length, Math.max(needed, this.limit));
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
