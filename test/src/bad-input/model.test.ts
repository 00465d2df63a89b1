import type { Bench } from './bench.js';
import { addTensor, editHeader, shard, WEIGHTS } from './damage.js';
import { refuses } from './refuses.js';

const CONFIG = 'model/config.json';
const query = 'model.layers.0.self_attn.q_proj.weight';

type Keys = Readonly<Record<string, unknown>>;

const config = (damage: Keys | ((bench: Bench) => unknown), says: RegExp) =>
  ({
    damage: typeof damage === 'function' ? damage : set(damage),
    code: 'E_MODEL_CONFIG',
    says,
  }) as const;
/** Sets keys of config.json; undefined takes one away. */
const set = (keys: Keys) => (bench: Bench) => bench.json(CONFIG, value => ({ ...value, ...keys }));

refuses('config.json', {
  missing: config(bench => bench.remove(CONFIG), /config\.json cannot be read/),
  'a folder': config(bench => bench.folderFor(CONFIG), /config\.json cannot be read/),
  empty: config(bench => bench.write(CONFIG, ''), /config\.json is not JSON: Unexpected end/),
  'not JSON': config(bench => bench.write(CONFIG, '{"hidden_size": 128,'), /config\.json is not JSON/),
  'an array': config(bench => bench.write(CONFIG, '[]'), /holds an array, expected an object/),
  'without a size': config({ hidden_size: undefined }, /hidden_size is missing, expected a number/),
  'a size of 0': config({ hidden_size: 0 }, /hidden_size = 0, expected a number more than 0/),
  'a negative size': config({ vocab_size: -1 }, /vocab_size = -1, expected a number more than 0/),
  'a size as a string': config({ hidden_size: '128' }, /hidden_size = "128", expected a number/),
  'a size of null': config({ num_hidden_layers: null }, /num_hidden_layers = null, expected a number/),
  'a broken size': config({ hidden_size: 128.5 }, /hidden_size = 128\.5, expected a whole number/),
  'no layers': config({ num_hidden_layers: 0 }, /num_hidden_layers = 0, expected a number more than 0/),
  'more layers than fit into memory': config(
    { num_hidden_layers: 1e9 },
    /num_hidden_layers = 1000000000, expected a number at most 10000/,
  ),
  'heads larger than memory': config({ head_dim: 1e12 }, /head_dim is 1000000000000, expected at most/),
  'an odd head': config({ head_dim: 15 }, /head_dim is 15, RoPE needs an even number/),
  'heads that do not divide the width': config(
    { head_dim: undefined, num_attention_heads: 7, num_key_value_heads: 7 },
    /hidden_size 128 is not a multiple of num_attention_heads 7/,
  ),
  'heads that the KV heads do not divide': config(
    { num_key_value_heads: 3 },
    /8 query heads on 3 KV heads, expected a multiple/,
  ),
  'no KV heads': config({ num_key_value_heads: 0 }, /num_key_value_heads = 0, expected/),
  'another activation': config({ hidden_act: 'gelu' }, /hidden_act is "gelu", expected "silu"/),
  'an epsilon as a string': config({ rms_norm_eps: '1e-5' }, /rms_norm_eps = "1e-5", expected a number/),
  'a word for tied': config(
    { tie_word_embeddings: 'yes' },
    /tie_word_embeddings = "yes", expected a boolean/,
  ),
  'RoPE that is not known': config({ rope_scaling: { rope_type: 'yarn' } }, /"yarn" is not supported/),
  'RoPE divided by 0': config(
    { rope_scaling: { type: 'linear', factor: 0 } },
    /factor of RoPE is 0, expected a number more than 0/,
  ),
  'RoPE without its factor': config({ rope_scaling: { type: 'linear' } }, /lacks the number "factor"/),
  'a negative theta': config({ rope_parameters: { rope_theta: -5 } }, /rope_theta of RoPE is -5, expected/),
  'a layer of its own beyond the last': config(
    { per_layer_config: { '9': {} } },
    /per_layer_config has an entry "9", expected layers from 0 to 5/,
  ),
  'kinds of layers for some': config(
    { layer_types: ['full_attention'] },
    /layer_types has 1 entries, expected one for each of 6 layers/,
  ),
  'fewer layers than the checkpoint': config(
    { num_hidden_layers: 5 },
    /the checkpoint has model\.layers\.5\.\S+ and 8 more tensors, which config\.json does not ask for/,
  ),
  'no word of a bias that there is': config(
    addTensor('model.layers.0.self_attn.q_proj.bias', [128]),
    /the checkpoint has model\.layers\.0\.self_attn\.q_proj\.bias, which config\.json does not ask for/,
  ),
});

const architecture = (names: unknown, found: string) =>
  ({
    damage: set({ architectures: names }),
    code: 'E_MODEL_ARCHITECTURE',
    says: new RegExp(`names the architecture ${found}, expected one of LlamaForCausalLM, `),
    hint: /npx secateur ls tracer/,
  }) as const;
const shape = (damage: (bench: Bench) => unknown, says: RegExp) =>
  ({ damage, code: 'E_TENSOR_SHAPE', says, hint: /config\.json belongs to this checkpoint/ }) as const;
const missing = (damage: (bench: Bench) => unknown, says: RegExp) =>
  ({ damage, code: 'E_TENSOR_MISSING', says, hint: /all shards are in the folder/ }) as const;

refuses('architecture', {
  'not known': architecture(['GPT2LMHeadModel'], 'GPT2LMHeadModel'),
  'a word that every object has': architecture(['toString'], 'toString'),
  none: architecture(undefined, '\\(none\\)'),
});

refuses('shapes', {
  'another vocabulary': shape(
    set({ vocab_size: 2000 }),
    /embed_tokens\.weight has the shape \[2048, 128\], config\.json asks for \[2000, 128\]/,
  ),
  'more heads': shape(
    set({ num_attention_heads: 16 }),
    /q_proj\.weight has the shape \[128, 128\], config\.json asks for \[256, 128\]/,
  ),
  'an embedding on its side': shape(
    editHeader(header => header['model.embed_tokens.weight'].shape.reverse()),
    /embed_tokens\.weight has the shape \[128, 2048\]/,
  ),
  'a matrix as a vector': shape(
    editHeader(header => {
      header[query].shape = [128 * 128];
    }),
    /q_proj\.weight has the shape \[16384\], config\.json asks for \[128, 128\]/,
  ),
  'a tensor of another name': missing(
    editHeader(header => {
      header[`${query}_`] = header[query];
      delete header[query];
    }),
    /has no tensor model\.layers\.0\.self_attn\.q_proj\.weight, expected one of shape \[128, 128\]/,
  ),
  'a layer too few': missing(
    set({ num_hidden_layers: 7 }),
    /has no tensor model\.layers\.6\.\S+, expected one of shape \[128\]/,
  ),
  'a head of its own, which is not there': missing(
    set({ tie_word_embeddings: false }),
    /has no tensor lm_head\.weight, expected one of shape \[2048, 128\]/,
  ),
});

const index = (edit: Parameters<typeof shard>[0], says: RegExp) =>
  ({ damage: shard(edit), code: 'E_SAFETENSORS', says }) as const;
const put = (file: unknown) =>
  index(
    map => {
      map[query] = file;
    },
    new RegExp(`places ${query.replaceAll('.', '\\.')} in .*, expected a safetensors file of the folder`),
  );

refuses('shards', {
  'one is missing': {
    damage: shard((_, bench) => bench.remove('model/model-00002-of-00002.safetensors')),
    code: 'E_MODEL_NOT_FOUND',
    says: /model-00002-of-00002\.safetensors does not exist/,
    hint: /download is complete/,
  },
  'one is cut': index(
    (_, bench) => bench.cut('model/model-00002-of-00002.safetensors', 1000),
    /model-00002-of-00002\.safetensors says that its header ends at byte \d+, but the file has 1000 bytes/,
  ),
  'a tensor in a shard that lacks it': index(map => {
    map.more = 'model-00001-of-00002.safetensors';
  }, /places more in model-00001-of-00002\.safetensors, which does not have it/),
  'a tensor in no shard': index(map => {
    delete map[query];
  }, /q_proj\.weight in no file, but model-0000\d-of-00002\.safetensors has a tensor of that name/),
  'a path that leaves the folder': put('../model-00001-of-00002.safetensors'),
  'an absolute path': put('/model-00001-of-00002.safetensors'),
  'a path of Windows': put('..\\model-00001-of-00002.safetensors'),
  'a number': put(1),
  'an index that is not JSON': index(() => '{', /index\.json is not JSON/),
  'an index without a map': index(() => '{}', /index\.json has no weight_map/),
});

refuses('pickles', {
  'pytorch_model.bin alone': {
    damage: bench => bench.rename(WEIGHTS, 'model/pytorch_model.bin'),
    code: 'E_MODEL_PICKLE',
    says: /has pytorch_model\.bin and no safetensors file; such files are pickles, which run code/,
    hint: /save_pretrained\(target, safe_serialization=True\)/,
  },
  'shards of it': {
    damage: bench => {
      bench.rename(WEIGHTS, 'model/pytorch_model-00001-of-00001.bin');
      bench.write('model/pytorch_model.bin.index.json', '{}');
    },
    code: 'E_MODEL_PICKLE',
    says: /has pytorch_model-00001-of-00001\.bin and no safetensors file/,
  },
});

refuses('the model', {
  'is not there': {
    args: ['run', '--model', 'none', '--text', 't=text.txt'],
    code: 'E_MODEL_NOT_FOUND',
    says: /none does not exist/,
    hint: /Check the path/,
  },
  'is a file': {
    args: ['run', '--model', 'text.txt', '--text', 't=text.txt'],
    code: 'E_MODEL_NOT_FOUND',
    says: /text\.txt is a file, not a folder/,
    hint: /Check the path/,
  },
});
