import test from 'ava';
import { ggufTensorName, huggingFaceTensorName } from './tensor-names.js';

const pairs = [
  ['model.embed_tokens.weight', 'token_embd.weight'],
  ['model.norm.weight', 'output_norm.weight'],
  ['lm_head.weight', 'output.weight'],
  ['model.layers.3.self_attn.q_proj.weight', 'blk.3.attn_q.weight'],
  ['model.layers.0.self_attn.k_proj.bias', 'blk.0.attn_k.bias'],
  ['model.layers.12.self_attn.o_proj.weight', 'blk.12.attn_output.weight'],
  ['model.layers.1.self_attn.q_norm.weight', 'blk.1.attn_q_norm.weight'],
  ['model.layers.1.post_attention_layernorm.weight', 'blk.1.ffn_norm.weight'],
  ['model.layers.1.mlp.down_proj.weight', 'blk.1.ffn_down.weight'],
] as const;

for (const [hf, gguf] of pairs)
  test(`${hf} is ${gguf}`, t => {
    t.is(ggufTensorName(hf), gguf);
    t.is(huggingFaceTensorName(gguf), hf);
  });

test('names that the family does not have are unknown', t => {
  for (const name of [
    'model.layers.0.lm_head.weight',
    'mlp.down_proj.weight',
    'model.layers.00.mlp.down_proj.weight',
    'model.layers.0.mlp.down_proj.scales',
    'constructor.weight',
  ])
    t.is(ggufTensorName(name), undefined, name);
  for (const name of [
    'blk.0.output.weight',
    'attn_q.weight',
    'blk.01.attn_q.weight',
    'blk.0.ffn_gate_exps.weight',
    'rope_freqs.weight',
  ])
    t.is(huggingFaceTensorName(name), undefined, name);
});
