/** Modules outside the layers: transformers' name, GGUF's name. */
const wholes = [
  ['model.embed_tokens', 'token_embd'],
  ['model.norm', 'output_norm'],
  ['lm_head', 'output'],
] as const;

/** Modules of a layer, behind `model.layers.N.` and `blk.N.`. */
const inLayer = [
  ['input_layernorm', 'attn_norm'],
  ['self_attn.q_proj', 'attn_q'],
  ['self_attn.k_proj', 'attn_k'],
  ['self_attn.v_proj', 'attn_v'],
  ['self_attn.o_proj', 'attn_output'],
  ['self_attn.q_norm', 'attn_q_norm'],
  ['self_attn.k_norm', 'attn_k_norm'],
  ['post_attention_layernorm', 'ffn_norm'],
  ['mlp.gate_proj', 'ffn_gate'],
  ['mlp.up_proj', 'ffn_up'],
  ['mlp.down_proj', 'ffn_down'],
] as const;

const toGguf = new Map<string, string>([...wholes, ...inLayer]);
const toHuggingFace = new Map<string, string>([...wholes, ...inLayer].map(([hf, gguf]) => [gguf, hf]));

/** Factors by which the wavelengths of RoPE are stretched, [head_dim / 2]. Transformers computes them. */
export const ROPE_FACTORS = 'rope_freqs.weight';

const split = (
  name: string,
  pattern: RegExp,
): readonly [layer: string | undefined, module: string, part: string] | undefined => {
  const [, layer, module, part] = pattern.exec(name) ?? [];
  return module === undefined || part === undefined ? undefined : [layer, module, part];
};

/**
 * GGUF's name of a tensor: `model.layers.3.self_attn.q_proj.weight` is `blk.3.attn_q.weight`.
 * @returns undefined for a name that the LLaMA family does not have
 */
export const ggufTensorName = (name: string): string | undefined => {
  const [layer, module, part] = split(name, /^(?:model\.layers\.(0|[1-9]\d*)\.)?(.+)\.(weight|bias)$/) ?? [];
  const found =
    module !== undefined && isInLayer(module, 0) === (layer !== undefined) ? toGguf.get(module) : undefined;
  if (found === undefined) return undefined;
  return layer === undefined ? `${found}.${part}` : `blk.${layer}.${found}.${part}`;
};

/**
 * Transformers' name of a tensor: `blk.3.attn_q.weight` is `model.layers.3.self_attn.q_proj.weight`.
 * @returns undefined for a name that the LLaMA family does not have
 */
export const huggingFaceTensorName = (name: string): string | undefined => {
  const [layer, module, part] = split(name, /^(?:blk\.(0|[1-9]\d*)\.)?([a-z_]+)\.(weight|bias)$/) ?? [];
  const found =
    module !== undefined && isInLayer(module, 1) === (layer !== undefined)
      ? toHuggingFace.get(module)
      : undefined;
  if (found === undefined) return undefined;
  return layer === undefined ? `${found}.${part}` : `model.layers.${layer}.${found}.${part}`;
};

const isInLayer = (module: string, side: 0 | 1): boolean => inLayer.some(names => names[side] === module);
