/** Keys of metadata that no architecture stands before. */
export const generalKeys = {
  architecture: 'general.architecture',
  type: 'general.type',
  name: 'general.name',
  alignment: 'general.alignment',
  fileType: 'general.file_type',
  quantizationVersion: 'general.quantization_version',
} as const;

/** Keys of the sizes of a model, behind its architecture: `llama.block_count`. */
export const architectureKeys = (architecture: string) =>
  ({
    vocabulary: `${architecture}.vocab_size`,
    contextLength: `${architecture}.context_length`,
    embeddingLength: `${architecture}.embedding_length`,
    blockCount: `${architecture}.block_count`,
    /** A number, or one for each layer. */
    feedForwardLength: `${architecture}.feed_forward_length`,
    /** A number, or one for each layer. */
    headCount: `${architecture}.attention.head_count`,
    /** A number, or one for each layer. */
    headCountKv: `${architecture}.attention.head_count_kv`,
    keyLength: `${architecture}.attention.key_length`,
    valueLength: `${architecture}.attention.value_length`,
    epsilon: `${architecture}.attention.layer_norm_rms_epsilon`,
    slidingWindow: `${architecture}.attention.sliding_window`,
    ropeDimensions: `${architecture}.rope.dimension_count`,
    ropeBase: `${architecture}.rope.freq_base`,
    ropeScalingType: `${architecture}.rope.scaling.type`,
    ropeScalingFactor: `${architecture}.rope.scaling.factor`,
    expertCount: `${architecture}.expert_count`,
  }) as const;

export const tokenizerKeys = {
  /** `llama`: SentencePiece's BPE with scores; `gpt2`: byte-level BPE with merges. */
  model: 'tokenizer.ggml.model',
  /** How a byte-level tokenizer splits text before it merges. */
  pre: 'tokenizer.ggml.pre',
  tokens: 'tokenizer.ggml.tokens',
  tokenType: 'tokenizer.ggml.token_type',
  scores: 'tokenizer.ggml.scores',
  merges: 'tokenizer.ggml.merges',
  bos: 'tokenizer.ggml.bos_token_id',
  eos: 'tokenizer.ggml.eos_token_id',
  eot: 'tokenizer.ggml.eot_token_id',
  unknown: 'tokenizer.ggml.unknown_token_id',
  padding: 'tokenizer.ggml.padding_token_id',
  addBos: 'tokenizer.ggml.add_bos_token',
  addEos: 'tokenizer.ggml.add_eos_token',
  addSpacePrefix: 'tokenizer.ggml.add_space_prefix',
  chatTemplate: 'tokenizer.chat_template',
  /** Names of templates beside the default. */
  chatTemplates: 'tokenizer.chat_templates',
} as const;

/** Key of a template beside the default. */
export const chatTemplateKey = (name: string): string => `${tokenizerKeys.chatTemplate}.${name}`;

/** What `tokenizer.ggml.token_type` says of each token. */
export const tokenTypes = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;
