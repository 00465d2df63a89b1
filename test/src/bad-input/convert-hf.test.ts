import type { Bench } from './bench.js';
import { type BadInput, refuses } from './refuses.js';

const args = ['convert', 'hf', 'model', 'new/model.gguf'] as const;

const config = (
  edit: (value: Record<string, unknown>) => unknown,
  says: RegExp,
  code: BadInput['code'],
): BadInput => ({
  damage: bench => bench.json('model/config.json', edit),
  says,
  code,
});
const tokenizer = (edit: Parameters<Bench['json']>[1], says: RegExp): BadInput => ({
  damage: bench => bench.json('model/tokenizer.json', edit),
  says,
  code: 'E_EXPORT',
  hint: /Take tokenizer\.json out/,
});

refuses(
  'convert hf',
  {
    'without a model': {
      damage: bench => bench.remove('model'),
      code: 'E_MODEL_NOT_FOUND',
      says: /model does not exist/,
    },
    'a GGUF file that is empty': {
      args: ['convert', 'hf', 'empty.gguf', 'new.gguf'],
      damage: bench => bench.write('empty.gguf', ''),
      code: 'E_GGUF',
      says: /has 0 bytes, expected a header/,
    },
    'the file that is read': {
      args: ['convert', 'hf', 'model.gguf', 'model.gguf', '--force'],
      damage: bench => bench.write('model.gguf', 'GGUF'),
      code: 'E_USAGE',
      says: /would replace the model that is read/,
    },
    'an extension that nobody writes': {
      args: ['convert', 'hf', 'model', 'model.bin'],
      code: 'E_USAGE',
      says: /has the extension "\.bin", expected one of .*\.gguf/,
    },
    'an element type that nobody writes': {
      args: [...args, '--dtype', 'q4_0'],
      code: 'E_USAGE',
      says: /'q4_0' is invalid/,
    },
    'onto a file': {
      damage: bench => bench.write('new/model.gguf', 'mine'),
      code: 'E_OUTPUT_EXISTS',
      says: /model\.gguf exists already/,
      hint: /--force/,
    },
    'onto a folder, by force': {
      args: [...args, '--force'],
      damage: bench => bench.write('new/model.gguf/mine', ''),
      code: 'E_OUTPUT_EXISTS',
      says: /model\.gguf is a folder, expected a file or nothing/,
    },
    'into a file': {
      args: ['convert', 'hf', 'model', 'text.txt/model.gguf', '--force'],
      code: 'E_OUTPUT_EXISTS',
      says: /model\.gguf cannot be made: a file is in the place of its folder/,
    },
    'a scaling of RoPE that is not known': config(
      value => {
        value.rope_scaling = { rope_type: 'yarn', factor: 2 };
      },
      /"yarn"/,
      'E_MODEL_CONFIG',
    ),
    'a text of more tokens than there are positions': config(
      value => {
        value.max_position_embeddings = 2 ** 40;
      },
      /max_position_embeddings 1099511627776, llama\.cpp takes at most 2147483647/,
      'E_EXPORT',
    ),
    'a tokenizer that is no BPE': {
      damage: bench =>
        bench.json('model/tokenizer.json', value => {
          value.model.type = 'Unigram';
        }),
      code: 'E_EXPORT',
      says: /is Unigram, GGUF files are written for BPE/,
    },
    'a tokenizer that lower-cases': tokenizer(value => {
      value.normalizer = { type: 'Lowercase' };
    }, /Lowercase|no name for/),
  },
  args,
);
