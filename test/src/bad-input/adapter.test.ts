import type { Bench, Json } from './bench.js';
import { ADAPTER, editHeader, fillTensor } from './damage.js';
import { refuses, run } from './refuses.js';

const CONFIG = 'adapter/adapter_config.json';
const factor = 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight';

const adapter = (damage: (bench: Bench) => unknown, says: RegExp, hint?: RegExp) =>
  ({ damage, code: 'E_ADAPTER', says, ...(hint ? { hint } : {}) }) as const;
const config = (keys: Json, says: RegExp) =>
  adapter(bench => bench.json(CONFIG, value => ({ ...value, ...keys })), says);
const weights = (edit: (header: Json) => void, says: RegExp) => adapter(editHeader(edit, ADAPTER), says);
const bytes = (value: number): Uint8Array => new Uint8Array(Float32Array.of(value).buffer);

refuses(
  'adapter',
  {
    'without weights': adapter(bench => bench.remove(ADAPTER), /adapter has no adapter_model\.safetensors/),
    'without a configuration': adapter(
      bench => bench.remove(CONFIG),
      /adapter_config\.json cannot be read/,
      /folder is complete/,
    ),
    'a configuration that is not JSON': adapter(
      bench => bench.write(CONFIG, 'r: 8'),
      /adapter_config\.json is not JSON/,
    ),
    'a folder for weights': {
      damage: bench => bench.folderFor(ADAPTER),
      code: 'E_MODEL_NOT_FOUND',
      says: /adapter_model\.safetensors is a folder, expected a file/,
    },
    'cut short': {
      damage: bench => bench.cut(ADAPTER, 9000),
      code: 'E_SAFETENSORS',
      says: /header ends at byte \d+, but the file has 9000 bytes/,
    },
    'a pickle': {
      damage: bench => bench.rename(ADAPTER, 'adapter/adapter_model.bin'),
      code: 'E_MODEL_PICKLE',
      says: /has adapter_model\.bin and no safetensors file/,
    },
    'of another kind': config({ peft_type: 'IA3' }, /peft_type is "IA3", expected "LORA"/),
    'of no kind': config({ peft_type: undefined }, /peft_type is undefined, expected "LORA"/),
    'rank 0': config({ r: 0 }, /r is 0, expected a positive integer/),
    'a rank as a string': config({ r: '8' }, /r is "8", expected a positive integer/),
    'another rank than the weights': config(
      { r: 4 },
      /has A of shape \[8, \d+\] and B of shape \[\d+, 8\], expected \[4, in\] and \[out, 4\]/,
    ),
    'alpha 0': config({ lora_alpha: 0 }, /lora_alpha is 0, expected a number more than 0/),
    DoRA: config({ use_dora: true }, /use_dora is true; DoRA is not supported/),
    'trained modules': config({ modules_to_save: ['lm_head'] }, /modules_to_save is \["lm_head"\]/),
    'targets that do not exist': config(
      { target_modules: ['c_attn'] },
      /model\.layers\.0\.\S+ has LoRA tensors but is not among target_modules/,
    ),
    'targets that are no names': config({ target_modules: [7] }, /target_modules is \[7\], expected a list/),
    'for more layers': weights(header => {
      for (const name of Object.keys(header).filter(key => key.includes('.layers.0.'))) {
        header[name.replace('.layers.0.', '.layers.40.')] = header[name];
        delete header[name];
      }
    }, /weights for model\.layers\.40\.\S+, which the model does not have/),
    'for a wider model': weights(header => {
      header[factor].shape = [8, 64];
      header[factor].dtype = 'F64';
    }, /q_proj have shapes \[8, 64\] and \[128, 8\], expected \[8, 128\] and \[128, 8\]/),
    'a factor alone': weights(header => {
      header[factor.replace('q_proj', 'r_proj')] = header[factor];
      delete header[factor];
    }, /has lora_[AB] but no lora_[AB]/),
    integers: weights(header => {
      header[factor].dtype = 'I32';
    }, /lora_A\.weight has the element type I32, expected F64, F32, F16 or BF16/),
    'a tensor that is no factor': weights(header => {
      header.more = header[factor];
      delete header[factor];
    }, /the tensor more is not supported, expected names such as/),
    NaN: adapter(
      fillTensor(factor, bytes(Number.NaN), ADAPTER),
      /has NaN in model\.layers\.0\.self_attn\.q_proj\.lora_A\.weight, expected finite numbers/,
    ),
    infinity: adapter(fillTensor(factor, bytes(Number.POSITIVE_INFINITY), ADAPTER), /has Infinity in model/),
  },
  [...run, '--adapter', 'adapter'],
);

const at = (folder: string, says: RegExp) =>
  ({ args: [...run, '--adapter', folder], code: 'E_ADAPTER', says }) as const;

refuses('adapter folder', {
  'is not there': at('none', /none does not exist/),
  'is a file': at('text.txt', /text\.txt is a file, not a folder/),
  'is the model': at('model', /adapter_config\.json cannot be read/),
  'of eval': {
    args: ['eval', 'model', '--text', 'text.txt', '--adapter', 'none'],
    code: 'E_ADAPTER',
    says: /none does not exist/,
  },
  'of generate': {
    args: ['generate', 'model', '--adapter', 'none'],
    code: 'E_ADAPTER',
    says: /none does not exist/,
  },
});
