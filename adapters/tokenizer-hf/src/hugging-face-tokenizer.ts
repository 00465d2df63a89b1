import type { Tokenizer as Backend } from '@huggingface/tokenizers';
import type { Tokenizer } from '@secateur/core';

/** What a tokenizer needs to know beside its vocabulary. */
export interface TokenizerSettings {
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly opening: readonly number[];
  readonly start: number | undefined;
  /** Removes spaces before punctuation when decoding, as some old models ask for. */
  readonly cleanUp: boolean;
}

/** A tokenizer.json at work. Special tokens that are spelled out in a text become their ids, and ids their spelling. */
export class HuggingFaceTokenizer implements Tokenizer {
  readonly size: number;
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly opening: readonly number[];
  readonly start: number | undefined;
  private readonly cleanUp: boolean;

  constructor(
    private readonly backend: Backend,
    { bos, eos, opening, start, cleanUp }: TokenizerSettings,
  ) {
    let last = -1;
    for (const id of backend.get_vocab().values()) last = Math.max(last, id);
    this.size = last + 1;
    this.bos = bos;
    this.eos = eos;
    this.opening = opening;
    this.start = start;
    this.cleanUp = cleanUp;
  }

  encode(text: string): number[] {
    return text === '' ? [] : this.backend.encode(text, { add_special_tokens: false }).ids;
  }

  /** Ids that stand for nothing are left out: a model's vocabulary is often padded beyond its tokenizer's. */
  decode(ids: readonly number[]): string {
    const known = ids.filter(id => this.backend.id_to_token(id) !== undefined);
    return known.length === 0
      ? ''
      : this.backend.decode(known, { clean_up_tokenization_spaces: this.cleanUp });
  }
}
