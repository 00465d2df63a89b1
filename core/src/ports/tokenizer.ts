import { createToken } from '../token.js';

/** Text to ids and back. */
export interface Tokenizer {
  /** Number of ids, added tokens included: every id is below it. */
  readonly size: number;
  /** The ids that a text begins and ends with, where it does. */
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  /** The ids that it puts before a text of its own accord, as transformers has it (`add_special_tokens`). */
  readonly opening: readonly number[];
  /** What stands for nothing before a text: BOS, else EOS, though texts may not begin with it. */
  readonly start: number | undefined;
  /** Ids of the text alone: no BOS, no EOS. */
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
}

/** Port: opens the tokenizer of a model folder. */
export interface TokenizerFormat {
  /** @throws SecateurError E_TOKENIZER */
  open(folder: string): Promise<Tokenizer>;
}
export const TokenizerFormat = createToken<TokenizerFormat>('tokenizer');
