import test from 'ava';
import { readArchitecture } from './architecture.js';
import { withBiases } from './biases.js';
import { configOf } from './tensors.test.data.js';

const path = 'model.layers.1';
const shapes = new Map<string, readonly number[]>([
  ...['q', 'o'].map(name => [`${path}.self_attn.${name}_proj.weight`, [8, 8]] as const),
  ...['k', 'v'].map(name => [`${path}.self_attn.${name}_proj.weight`, [4, 8]] as const),
  [`${path}.input_layernorm.weight`, [8]],
  ...['gate', 'up'].map(name => [`${path}.mlp.${name}_proj.weight`, [6, 8]] as const),
  [`${path}.mlp.down_proj.weight`, [8, 6]],
  ['lm_head.weight', [20, 8]],
]);

test('a LLaMA gains the biases that its class has together, and no others', t => {
  const attention = withBiases(configOf('Llama'), shapes, [`${path}.self_attn.o_proj`])!;
  t.deepEqual(
    attention.added,
    new Map([
      [`${path}.self_attn.q_proj.bias`, [8]],
      [`${path}.self_attn.o_proj.bias`, [8]],
      [`${path}.self_attn.k_proj.bias`, [4]],
      [`${path}.self_attn.v_proj.bias`, [4]],
    ]),
  );
  t.deepEqual(readArchitecture(attention.config).bias, { qkv: true, output: true, mlp: false });
  const mlp = withBiases(configOf('Llama'), shapes, [`${path}.mlp.down_proj`])!;
  t.deepEqual([...mlp.added.values()], [[6], [6], [8]]);
  t.deepEqual(readArchitecture(mlp.config).bias, { qkv: false, output: false, mlp: true });
});

test('a bias that is there is enough, whatever the family', t => {
  const config = configOf('Qwen2');
  const own = new Map([...shapes, [`${path}.mlp.down_proj.bias`, [8]] as const]);
  t.deepEqual(withBiases(config, own, [`${path}.mlp.down_proj`]), { config, added: new Map() });
});

test('other families have none, and the head has none anywhere', t => {
  for (const family of ['Mistral', 'Qwen2', 'Qwen3'])
    t.is(withBiases(configOf(family), shapes, [`${path}.mlp.down_proj`]), undefined);
  t.is(withBiases(configOf('Llama'), shapes, ['lm_head']), undefined);
});
