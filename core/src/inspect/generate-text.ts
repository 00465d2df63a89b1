import { checkIds } from '../data/token-ids.js';
import { SecateurError } from '../errors.js';
import { Engine } from '../ports/engine.js';
import { TokenizerFormat } from '../ports/tokenizer.js';
import type { Session } from '../session.js';
import { argmax, NextToken } from './next-token.js';
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
  const next = new NextToken(engine, model);
  try {
    for (let made = 0; made < options.tokens; made++) {
      options.signal?.throwIfAborted();
      const id = argmax(await next.logits(ids));
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
