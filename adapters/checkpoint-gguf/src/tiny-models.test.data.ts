import type { FileToWrite, TensorToWrite, Typed } from './fixtures.test.data.js';
import type { GgmlType } from './format/ggml-types.js';

/** Layers by their heads, KV heads and channels. */
export type TinyLayers = readonly (readonly [heads: number, kvHeads: number, channels: number])[];

const HIDDEN = 32;
const HEAD = 8;

/** A byte-level vocabulary: a few bytes, two merges, a control token. */
export const tinyVocabulary = ['a', 'b', 'c', 'Ġ', 'ab', 'Ġab', '<|end|>', 'Ċ'];

export const byteLevelTokenizer: Readonly<Record<string, Typed>> = {
  'tokenizer.ggml.model': ['string', 'gpt2'],
  'tokenizer.ggml.pre': ['string', 'smollm'],
  'tokenizer.ggml.tokens': ['array', tinyVocabulary, 'string'],
  'tokenizer.ggml.token_type': ['array', [1, 1, 1, 1, 1, 1, 3, 1], 'i32'],
  'tokenizer.ggml.merges': ['array', ['a b', 'Ġ ab'], 'string'],
  'tokenizer.ggml.eos_token_id': ['u32', 6],
  'tokenizer.chat_template': ['string', '{{ messages }}'],
};

/** A model of the architecture, with hidden size 32, heads of 8 and a vocabulary of 8. */
export const tinyModel = (
  architecture: string,
  layers: TinyLayers = [
    [4, 2, 64],
    [4, 2, 64],
  ],
  {
    type = 'F32',
    metadata = {},
    tensors = {},
    without = [],
  }: {
    readonly type?: GgmlType;
    readonly metadata?: Readonly<Record<string, Typed>>;
    readonly tensors?: Readonly<Record<string, TensorToWrite>>;
    readonly without?: readonly string[];
  } = {},
): FileToWrite => {
  const perLayer = (at: 0 | 1 | 2): Typed => {
    const values = layers.map(layer => layer[at]);
    return values.every(value => value === values[0])
      ? ['u32', values[0]]
      : (['array', values, 'i32'] as const);
  };
  const matrix = (columns: number, rows: number): TensorToWrite => ({ extents: [columns, rows], type });
  const vector = (length: number): TensorToWrite => ({ extents: [length] });
  const all: Record<string, Typed> = {
    'general.architecture': ['string', architecture],
    [`${architecture}.block_count`]: ['u32', layers.length],
    [`${architecture}.context_length`]: ['u32', 64],
    [`${architecture}.embedding_length`]: ['u32', HIDDEN],
    [`${architecture}.feed_forward_length`]: perLayer(2),
    [`${architecture}.attention.head_count`]: perLayer(0),
    [`${architecture}.attention.head_count_kv`]: perLayer(1),
    [`${architecture}.attention.key_length`]: ['u32', HEAD],
    [`${architecture}.attention.value_length`]: ['u32', HEAD],
    [`${architecture}.attention.layer_norm_rms_epsilon`]: ['f32', 1e-5],
    [`${architecture}.rope.freq_base`]: ['f32', 10_000],
    ...byteLevelTokenizer,
    ...metadata,
  };
  for (const key of without) delete all[key];
  const weights = layers.flatMap(([heads, kvHeads, channels], i): (readonly [string, TensorToWrite])[] => [
    ...(heads > 0
      ? ([
          [`blk.${i}.attn_norm.weight`, vector(HIDDEN)],
          [`blk.${i}.attn_q.weight`, matrix(HIDDEN, heads * HEAD)],
          [`blk.${i}.attn_k.weight`, matrix(HIDDEN, kvHeads * HEAD)],
          [`blk.${i}.attn_v.weight`, matrix(HIDDEN, kvHeads * HEAD)],
          [`blk.${i}.attn_output.weight`, matrix(heads * HEAD, HIDDEN)],
        ] as const)
      : []),
    ...(channels > 0
      ? ([
          [`blk.${i}.ffn_norm.weight`, vector(HIDDEN)],
          [`blk.${i}.ffn_gate.weight`, matrix(HIDDEN, channels)],
          [`blk.${i}.ffn_up.weight`, matrix(HIDDEN, channels)],
          [`blk.${i}.ffn_down.weight`, matrix(channels, HIDDEN)],
        ] as const)
      : []),
  ]);
  return {
    metadata: all,
    tensors: {
      'token_embd.weight': matrix(HIDDEN, tinyVocabulary.length),
      'output_norm.weight': vector(HIDDEN),
      ...Object.fromEntries(weights),
      ...tensors,
    },
  };
};

/** A SentencePiece vocabulary of the same size. */
export const sentencePieceTokenizer: Readonly<Record<string, Typed>> = {
  'tokenizer.ggml.model': ['string', 'llama'],
  'tokenizer.ggml.tokens': ['array', ['<unk>', '<s>', '</s>', '<0x41>', '▁', 'a', '▁a', 'aa'], 'string'],
  'tokenizer.ggml.token_type': ['array', [2, 3, 3, 6, 1, 1, 1, 1], 'i32'],
  'tokenizer.ggml.scores': ['array', [0, 0, 0, 0, -3, -4, -1, -2], 'f32'],
};
