/** How a byte-level tokenizer splits text before it merges. */
export interface PreTokenizer {
  /** Each splits what the former left; matches are pieces, and so is what lies between. */
  readonly splits: readonly string[];
  /** Whether GPT-2's expression splits last. */
  readonly gpt2: boolean;
  /** A piece that is a token is not merged. */
  readonly ignoreMerges?: boolean;
  /** BOS stands before a text, where the file does not say. */
  readonly addBos?: boolean;
  readonly normalizer?: 'NFC';
}

/** As ByteLevel has it built in, but for its last part: what it leaves is a piece all the same. */
const gpt2Expression = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";
const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const words = '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+';
const rest = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
/** tiktoken's cl100k, with another number of digits in a piece. */
const cl100k = (digits: string): string => `${contractions}|${words}|${digits}|${rest}`;

const capitals = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const small = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';

const gpt2: PreTokenizer = { splits: [], gpt2: true };
const digits: PreTokenizer = { splits: ['\\p{N}'], gpt2: true };
const llama3: PreTokenizer = {
  splits: [cl100k('\\p{N}{1,3}')],
  gpt2: false,
  ignoreMerges: true,
  addBos: true,
};
const qwen2: PreTokenizer = { splits: [cl100k('\\p{N}')], gpt2: false };
/** Words begin with a capital, or are all capitals. */
const tekken: PreTokenizer = {
  splits: [
    `[^\\r\\n\\p{L}\\p{N}]?${capitals}*${small}+|[^\\r\\n\\p{L}\\p{N}]?${capitals}+${small}*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  ],
  gpt2: false,
  ignoreMerges: true,
  addBos: true,
};
const deepSeekPunctuation = '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+';

/**
 * By `tokenizer.ggml.pre`: the names that llama.cpp gives, with what the models publish in tokenizer.json. Where these
 * are `Digits`, the same is said as an expression, which every reader takes for all digits of Unicode.
 */
export const preTokenizers: ReadonlyMap<string, PreTokenizer> = new Map(
  Object.entries({
    // What llama.cpp does when the name is absent: made for models before there were names.
    default: {
      splits: ['[\\p{P}\\$\\+<=>\\^~\\|]+', gpt2Expression, '\\p{N}+', '[0-9][0-9][0-9]'],
      gpt2: false,
    },
    'gpt-2': gpt2,
    smollm: digits,
    'minerva-7b': digits,
    'llama-bpe': llama3,
    llama3,
    'llama-v3': llama3,
    falcon3: llama3,
    'smaug-bpe': { splits: [cl100k('\\p{N}{1,3}')], gpt2: false },
    tekken,
    // Qwen normalises before it splits, which llama.cpp does not: ids differ for text that is not NFC.
    qwen2: { ...qwen2, normalizer: 'NFC' },
    'deepseek-r1-qwen': qwen2,
    'deepseek-v3': {
      splits: [
        '\\p{N}{1,3}',
        '[一-龥぀-ゟ゠-ヿ]+',
        `${deepSeekPunctuation}|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
      ],
      gpt2: false,
    },
  } satisfies Record<string, PreTokenizer>),
);
