import {
  ggufArchitectures,
  ggufTensorName,
  halvesToPairs,
  ROPE_FACTORS,
} from '@secateur/adapter-checkpoint-gguf';
import type { ModelToExport } from '@secateur/core';
import { type Shape, sizeOf } from '@secateur/core/graph';
import type { DescribedModel } from './describe-model.js';
import type { PlannedLayer } from './layer-plan.js';

/** A tensor of the file in float32, made when it is asked for. */
export interface ModelTensor {
  /** GGUF's name. */
  readonly name: string;
  readonly shape: Shape;
  readonly values: () => Promise<Float32Array>;
}

/** All tensors of the file in the order of the computation. */
export const modelTensors = (source: ModelToExport, model: DescribedModel): readonly ModelTensor[] => {
  const stored = storedIn(source);
  return [
    ...stored('model.embed_tokens.weight'),
    ...(model.rope.factors ? [constant(ROPE_FACTORS, [model.headDim / 2], () => model.rope.factors!)] : []),
    ...model.layers.flatMap((layer, at) => [
      ...(layer.zeroAttention ? zeroAttention(model, at) : attention(source, model, layer, at)),
      ...(layer.zeroMlp ? zeroMlp(model, layer, at) : mlp(source, layer, at)),
    ]),
    ...stored('model.norm.weight'),
    ...(model.tied ? [] : stored('lm_head.weight')),
  ];
};

type Rearrange = (values: Float32Array) => Float32Array;
type Stored = (name: string, as?: string, rearrange?: Rearrange) => readonly ModelTensor[];

/** A tensor of the model folder under its GGUF name, or that of another; none when the folder has none. */
const storedIn =
  ({ checkpoint, format }: ModelToExport): Stored =>
  (name, as = name, rearrange = values => values) => {
    const ref = checkpoint.tensors.get(name);
    if (!ref) return [];
    return [
      { name: ggufTensorName(as)!, shape: ref.shape, values: async () => rearrange(await format.read(ref)) },
    ];
  };

const attention = (
  source: ModelToExport,
  { architecture, headDim }: DescribedModel,
  { source: layer, heads, kvHeads }: PlannedLayer,
  at: number,
): readonly ModelTensor[] => {
  if (heads === 0) return [];
  const stored = storedIn(source);
  const rotary =
    (count: number): Rearrange =>
    values =>
      ggufArchitectures[architecture].pairs ? halvesToPairs(values, count, headDim) : values;
  const module = (name: string, rearrange?: Rearrange) =>
    ['weight', 'bias'].flatMap(part =>
      stored(`model.layers.${layer}.${name}.${part}`, `model.layers.${at}.${name}.${part}`, rearrange),
    );
  return [
    ...module('input_layernorm'),
    ...module('self_attn.q_proj', rotary(heads)),
    ...module('self_attn.q_norm'),
    ...module('self_attn.k_proj', rotary(kvHeads)),
    ...module('self_attn.k_norm'),
    ...module('self_attn.v_proj'),
    ...module('self_attn.o_proj'),
  ];
};

const mlp = (
  source: ModelToExport,
  { source: layer, channels }: PlannedLayer,
  at: number,
): readonly ModelTensor[] => {
  if (channels === 0) return [];
  const stored = storedIn(source);
  return ['post_attention_layernorm', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'].flatMap(name =>
    ['weight', 'bias'].flatMap(part =>
      stored(`model.layers.${layer}.${name}.${part}`, `model.layers.${at}.${name}.${part}`),
    ),
  );
};

const constant = (name: string, shape: Shape, values: () => Float32Array): ModelTensor => ({
  name,
  shape,
  values: async () => values(),
});

/** One head whose values and output are zero adds nothing. */
const zeroAttention = ({ hidden, headDim }: DescribedModel, at: number): readonly ModelTensor[] => [
  ones(`model.layers.${at}.input_layernorm.weight`, hidden),
  ...['q', 'k', 'v'].map(name =>
    zeros(`model.layers.${at}.self_attn.${name}_proj.weight`, [headDim, hidden]),
  ),
  zeros(`model.layers.${at}.self_attn.o_proj.weight`, [hidden, headDim]),
];

const zeroMlp = (
  { hidden }: DescribedModel,
  { channels }: PlannedLayer,
  at: number,
): readonly ModelTensor[] => [
  ones(`model.layers.${at}.post_attention_layernorm.weight`, hidden),
  zeros(`model.layers.${at}.mlp.gate_proj.weight`, [channels, hidden]),
  zeros(`model.layers.${at}.mlp.up_proj.weight`, [channels, hidden]),
  zeros(`model.layers.${at}.mlp.down_proj.weight`, [hidden, channels]),
];

const ones = (name: string, size: number): ModelTensor =>
  constant(ggufTensorName(name)!, [size], () => new Float32Array(size).fill(1));
const zeros = (name: string, shape: Shape): ModelTensor =>
  constant(ggufTensorName(name)!, shape, () => new Float32Array(sizeOf(shape)));
