/** What an architecture of llama.cpp asks of a file. */
export interface GgufArchitecture {
  /** The class of transformers that computes the same. */
  readonly family: string;
  readonly modelType: string;
  /**
   * RoPE turns neighbouring numbers of a head, so rows of q and k lie in that order; elsewhere it turns the halves of
   * a head, as transformers does.
   */
  readonly pairs: boolean;
  /** Heads, KV heads and channels may differ between layers. */
  readonly perLayer: boolean;
  /** RMSNorm over each head of q and k. */
  readonly queryKeyNorm: boolean;
  /** Bias of q, k and v, always. */
  readonly qkvBias: boolean;
}

/**
 * Architectures that can be read, by `general.architecture`. Mistral is `llama` there, as long as its window is not
 * used. `deci` is the LLaMA whose layers may differ in size.
 */
export const ggufArchitectures = {
  llama: {
    family: 'LlamaForCausalLM',
    modelType: 'llama',
    pairs: true,
    perLayer: false,
    queryKeyNorm: false,
    qkvBias: false,
  },
  deci: {
    family: 'LlamaForCausalLM',
    modelType: 'llama',
    pairs: true,
    perLayer: true,
    queryKeyNorm: false,
    qkvBias: false,
  },
  qwen2: {
    family: 'Qwen2ForCausalLM',
    modelType: 'qwen2',
    pairs: false,
    perLayer: false,
    queryKeyNorm: false,
    qkvBias: true,
  },
  qwen3: {
    family: 'Qwen3ForCausalLM',
    modelType: 'qwen3',
    pairs: false,
    perLayer: false,
    queryKeyNorm: true,
    qkvBias: false,
  },
} as const satisfies Readonly<Record<string, GgufArchitecture>>;

export type GgufArchitectureName = keyof typeof ggufArchitectures;

export const isGgufArchitecture = (name: string): name is GgufArchitectureName =>
  Object.hasOwn(ggufArchitectures, name);
