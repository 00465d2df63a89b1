import { throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { parseLoraConfig } from './lora-config.js';

const plain = { peft_type: 'LORA', r: 8, lora_alpha: 16, bias: 'none', target_modules: ['q_proj'] };
const parse = (more: object = {}) => parseLoraConfig({ ...plain, ...more }, 'adapter_config.json');
const module = 'model.layers.3.self_attn.q_proj';

test('the scale is α/r, and α/√r with rsLoRA', t => {
  t.is(parse().rank, 8);
  t.is(parse().scaling, 2);
  t.is(parse({ use_rslora: true }).scaling, 16 / Math.sqrt(8));
  t.is(parse({ lora_alpha: undefined }).scaling, 1);
});

test('patterns give single modules their own rank and α', t => {
  const config = parse({
    rank_pattern: { 'layers.3.self_attn.q_proj': 4, '.*\\.v_proj': 2 },
    alpha_pattern: { q_proj: 32 },
  });
  t.is(config.rankOf(module), 4);
  t.is(config.scalingOf(module), 8);
  t.is(config.rankOf('model.layers.3.self_attn.v_proj'), 2);
  t.is(config.scalingOf('model.layers.3.self_attn.v_proj'), 8);
  t.is(config.rankOf('model.layers.13.self_attn.o_proj'), 8);
  t.is(config.rankOf('model.layers.3.self_attn.xq_proj'), 8);
});

test('targets are path endings, one regular expression, or all', t => {
  t.true(parse().targets(module));
  t.false(parse().targets('model.layers.3.self_attn.xq_proj'));
  t.true(parse({ target_modules: [module] }).targets(module));
  t.true(parse({ target_modules: '.*layers\\.3\\..*q_proj' }).targets(module));
  t.false(parse({ target_modules: 'layers.*q_proj' }).targets(module));
  t.true(parse({ target_modules: 'all-linear' }).targets(module));
  t.true(parse({ target_modules: '(?P<python>.*)' }).targets(module));
});

test('what PEFT writes for unused features is accepted', t => {
  t.is(
    parse({
      use_dora: false,
      modules_to_save: null,
      rank_pattern: {},
      layer_replication: null,
      loftq_config: {},
      init_lora_weights: 'gaussian',
    }).rank,
    8,
  );
});

const refused: readonly (readonly [object, RegExp])[] = [
  [{ peft_type: 'LOHA' }, /peft_type is "LOHA", expected "LORA"/],
  [{ bias: 'all' }, /bias is "all"/],
  [{ fan_in_fan_out: true }, /fan_in_fan_out is true/],
  [{ use_dora: true }, /DoRA is not supported/],
  [{ modules_to_save: ['lm_head'] }, /modules_to_save is \["lm_head"\]/],
  [{ layer_replication: [[0, 2]] }, /replicated layers/],
  [{ trainable_token_indices: [1] }, /token embeddings/],
  [{ init_lora_weights: 'pissa_niter_4' }, /changes the base weights/],
  [{ r: 0 }, /r is 0, expected a positive integer/],
  [{ r: '8' }, /r is "8"/],
  [{ lora_alpha: 'x' }, /lora_alpha is "x"/],
  [{ lora_alpha: 0 }, /lora_alpha is 0, expected a number more than 0/],
  [{ rank_pattern: [] }, /rank_pattern is not an object/],
  [{ rank_pattern: { q: 1.5 } }, /rank_pattern gives "q" the value 1.5/],
  [{ alpha_pattern: { '(': 1 } }, /no regular expression/],
  [{ target_modules: [1] }, /target_modules is \[1\]/],
];

for (const [more, message] of refused)
  test(`${JSON.stringify(more)} is refused`, t => throwsCode(t, () => parse(more), 'E_ADAPTER', message));
