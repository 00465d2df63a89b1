import type { Shape } from '@secateur/core/graph';
import { fault } from '../fault.js';
import { ggufTensorName, huggingFaceTensorName, ROPE_FACTORS } from '../format/tensor-names.js';
import { show } from '../reader/metadata.js';
import type { GgufFile } from '../reader/open-gguf.js';
import type { GgufTensor } from '../reader/tensor-infos.js';
import type { LayerSizes, ModelSizes } from './sizes.js';

/** A tensor of the folder. */
export interface Weight {
  /** Its name in the folder. */
  readonly name: string;
  readonly shape: Shape;
  /** Where it comes from; without it, it is zero. */
  readonly source: GgufTensor | undefined;
  /** Its rows lie in pairs, head by head: a head has so many. */
  readonly pairs?: number;
}

/** The tensors of a folder, and what config.json says of them. */
export interface Weights {
  readonly layout: readonly Weight[];
  readonly tied: boolean;
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
}

/** Modules with a bias in all layers or in none: transformers has one switch for each. */
const attention = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj'] as const;
const mlp = ['mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'] as const;

/**
 * Finds the tensor for every weight, checks its shape, and leaves none over. Where some modules that share a switch have
 * a bias, the others get one of zeros.
 * @throws SecateurError E_GGUF for a tensor that is missing, has another shape, or has no place
 */
export const findWeights = (gguf: GgufFile, sizes: ModelSizes): Weights => {
  const { file, tensors } = gguf;
  const { architecture, hidden, headDim, vocabulary, layers } = sizes;
  const { family, qkvBias } = architecture;
  const biased = new Set(
    [...tensors.keys()]
      .map(name => /^model\.layers\.\d+\.(.+)\.bias$/.exec(huggingFaceTensorName(name) ?? '')?.[1])
      .filter(module => module !== undefined),
  );
  const attentionBias = attention.some(module => biased.has(module));
  const mlpBias = mlp.some(module => biased.has(module));
  if ((qkvBias && biased.has('self_attn.o_proj')) || (mlpBias && family !== 'LlamaForCausalLM'))
    throw fault(file, `has biases that ${family} does not have`, 'Take a llama or deci of the same weights.');

  const used = new Set<string>([ROPE_FACTORS]);
  const weight = (name: string, shape: Shape, also: Partial<Weight> = {}): Weight => {
    const source = tensors.get(ggufTensorName(name)!);
    if (source) {
      used.add(source.name);
      if (String(source.shape) !== String(shape))
        throw fault(
          file,
          `has the tensor ${show(source.name)} of shape [${source.shape.join(', ')}], expected [${shape.join(', ')}]`,
        );
    } else if (!name.endsWith('.bias')) throw fault(file, `lacks the tensor ${ggufTensorName(name)}`);
    return { name, shape, source, ...also };
  };
  const linear = (name: string, [rows, columns]: readonly [number, number], bias: boolean, also = {}) => [
    weight(`${name}.weight`, [rows, columns], also),
    ...(bias ? [weight(`${name}.bias`, [rows], also)] : []),
  ];
  const pairs = architecture.pairs ? { pairs: headDim } : {};

  const attentionOf = (at: string, { heads, kvHeads }: LayerSizes): readonly Weight[] => {
    const [q, kv] = [heads * headDim, kvHeads * headDim];
    const bias = attentionBias || qkvBias;
    return [
      weight(`${at}.input_layernorm.weight`, [hidden]),
      ...linear(`${at}.self_attn.q_proj`, [q, hidden], bias, pairs),
      ...linear(`${at}.self_attn.k_proj`, [kv, hidden], bias, pairs),
      ...linear(`${at}.self_attn.v_proj`, [kv, hidden], bias),
      ...linear(`${at}.self_attn.o_proj`, [hidden, q], attentionBias && !qkvBias),
      ...(architecture.queryKeyNorm
        ? ['q_norm', 'k_norm'].map(norm => weight(`${at}.self_attn.${norm}.weight`, [headDim]))
        : []),
    ];
  };
  const mlpOf = (at: string, { channels }: LayerSizes): readonly Weight[] => [
    weight(`${at}.post_attention_layernorm.weight`, [hidden]),
    ...linear(`${at}.mlp.gate_proj`, [channels, hidden], mlpBias),
    ...linear(`${at}.mlp.up_proj`, [channels, hidden], mlpBias),
    ...linear(`${at}.mlp.down_proj`, [hidden, channels], mlpBias),
  ];
  const tied = !tensors.has(ggufTensorName('lm_head.weight')!);
  const layout = [
    weight('model.embed_tokens.weight', [vocabulary, hidden]),
    ...layers.flatMap((layer, i) => [
      ...(layer.heads > 0 ? attentionOf(`model.layers.${i}`, layer) : []),
      ...(layer.channels > 0 ? mlpOf(`model.layers.${i}`, layer) : []),
    ]),
    weight('model.norm.weight', [hidden]),
    ...(tied ? [] : [weight('lm_head.weight', [vocabulary, hidden])]),
  ];
  for (const name of tensors.keys())
    if (!used.has(name)) throw fault(file, `has the tensor ${show(name)}, which ${family} has no place for`);
  return { layout, tied, attentionBias, mlpBias };
};
