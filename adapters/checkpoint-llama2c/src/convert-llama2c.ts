import { readTensor, refuseOccupied, writeModel } from '@secateur/adapter-checkpoint-hf';
import type { ModelConfig } from '@secateur/core';
import { type Shape, sizeOf } from '@secateur/core/graph';
import { type Llama2cCheckpoint, type Llama2cTensor, openLlama2c } from './llama2c-checkpoint.js';
import { toRotateHalf } from './rotate-half.js';
import { readTokenizerBin } from './tokenizer-bin.js';
import { tokenizerJson } from './tokenizer-json.js';

/**
 * Makes a Hugging Face model folder (LlamaForCausalLM, float32) of a llama2.c checkpoint of version 0 or 1 and its
 * tokenizer.bin. Weights are copied exactly; rows of wq and wk are reordered for Hugging Face's RoPE.
 * @throws SecateurError E_MODEL_NOT_FOUND, E_LLAMA2C, E_TOKENIZER; E_OUTPUT_EXISTS when the folder holds anything
 */
export const convertLlama2c = async (
  checkpointBin: string,
  tokenizerBin: string,
  outFolder: string,
): Promise<void> => {
  const checkpoint = await openLlama2c(checkpointBin);
  const pieces = await readTokenizerBin(tokenizerBin, checkpoint.vocabulary);
  await refuseOccupied(outFolder);
  const places = placesOf(checkpoint);
  const layout = [...places].map(([name, place]) => ({ name, shape: shapeOf(checkpoint, place) }));
  await writeModel(outFolder, {
    config: configOf(checkpoint),
    layout,
    tensor: name => read(checkpoint, places.get(name)!),
    documents: {
      'tokenizer.json': tokenizerJson(pieces),
      'tokenizer_config.json': tokenizerConfigOf(checkpoint),
    },
  });
};

const configOf = (checkpoint: Llama2cCheckpoint): ModelConfig => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: checkpoint.dim,
  intermediate_size: checkpoint.hidden,
  num_hidden_layers: checkpoint.layers,
  num_attention_heads: checkpoint.heads,
  num_key_value_heads: checkpoint.kvHeads,
  head_dim: checkpoint.dim / checkpoint.heads,
  vocab_size: checkpoint.vocabulary,
  max_position_embeddings: checkpoint.sequence,
  hidden_act: 'silu',
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  attention_bias: false,
  mlp_bias: false,
  tie_word_embeddings: checkpoint.tied,
  bos_token_id: 1,
  eos_token_id: 2,
  // Transformers before version 5 reads the first of these, later ones the second.
  torch_dtype: 'float32',
  dtype: 'float32',
});

const tokenizerConfigOf = ({ sequence }: Llama2cCheckpoint) => ({
  add_bos_token: true,
  add_eos_token: false,
  bos_token: '<s>',
  eos_token: '</s>',
  unk_token: '<unk>',
  clean_up_tokenization_spaces: false,
  model_max_length: sequence,
  tokenizer_class: 'PreTrainedTokenizerFast',
});

/** Where a tensor of the folder lies in the checkpoint: one layer of a stack, or a tensor as a whole. */
interface Place {
  readonly tensor: Llama2cTensor;
  readonly layer?: number;
}

const perLayer: readonly (readonly [name: string, tensor: Llama2cTensor])[] = [
  ['input_layernorm', 'attentionNorm'],
  ['self_attn.q_proj', 'wq'],
  ['self_attn.k_proj', 'wk'],
  ['self_attn.v_proj', 'wv'],
  ['self_attn.o_proj', 'wo'],
  ['post_attention_layernorm', 'mlpNorm'],
  ['mlp.gate_proj', 'gate'],
  ['mlp.up_proj', 'up'],
  ['mlp.down_proj', 'down'],
];

const placesOf = ({ layers, tied }: Llama2cCheckpoint): ReadonlyMap<string, Place> => {
  const places = new Map<string, Place>([['model.embed_tokens.weight', { tensor: 'embedding' }]]);
  for (let layer = 0; layer < layers; layer++)
    for (const [name, tensor] of perLayer)
      places.set(`model.layers.${layer}.${name}.weight`, { tensor, layer });
  places.set('model.norm.weight', { tensor: 'finalNorm' });
  if (!tied) places.set('lm_head.weight', { tensor: 'classifier' });
  return places;
};

const shapeOf = ({ tensors }: Llama2cCheckpoint, { tensor, layer }: Place): Shape => {
  const { shape } = tensors.get(tensor)!;
  return layer === undefined ? shape : shape.slice(1);
};

const read = async (checkpoint: Llama2cCheckpoint, place: Place): Promise<Float32Array> => {
  const { tensor, layer = 0 } = place;
  const shape = shapeOf(checkpoint, place);
  const ref = checkpoint.tensors.get(tensor)!;
  const byteLength = sizeOf(shape) * 4;
  const values = await readTensor({ ...ref, shape, byteLength, offset: ref.offset + layer * byteLength });
  if (tensor === 'wq') return toRotateHalf(values, checkpoint.heads, checkpoint.dim);
  return tensor === 'wk' ? toRotateHalf(values, checkpoint.kvHeads, checkpoint.dim) : values;
};
