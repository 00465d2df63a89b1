import type { ErrorCode } from '@secateur/core';
import { type BadInput, refuses } from './refuses.js';

const FILE = 'new/model.gguf';

const bad = (
  args: readonly string[],
  code: ErrorCode,
  says: RegExp,
  hint = /\S/,
  damage: BadInput['damage'] = () => {},
): BadInput => ({ args: ['convert', 'hf', ...args], code, says, hint, damage });

refuses('convert hf', {
  'without a file': bad(['model'], 'E_USAGE', /missing required argument 'file'/),
  'a model that is not there': bad(
    ['none', FILE],
    'E_MODEL_NOT_FOUND',
    /none does not exist/,
    /hf:owner\/name/,
  ),
  'a file for a folder': bad(['text.txt', FILE], 'E_MODEL_NOT_FOUND', /text\.txt is a file, not a folder/),
  'an adapter for a model': bad(['adapter', FILE], 'E_MODEL_CONFIG', /config\.json/),
  'a model cut short': bad(['model', FILE], 'E_SAFETENSORS', /the file is cut short/, /\S/, bench =>
    bench.cut('model/model.safetensors', 1_000_000),
  ),
  'an extension that nobody writes': bad(
    ['model', 'model.bin'],
    'E_USAGE',
    /has the extension "\.bin", expected/,
  ),
  'no extension': bad(
    ['model', 'new'],
    'E_USAGE',
    /has the extension "", expected one of \.gguf/,
    /model\.gguf/,
  ),
  'an element type that nobody knows': bad(
    ['model', FILE, '--dtype', 'q4'],
    'E_USAGE',
    /argument 'q4' is invalid/,
  ),
  'onto a file': bad(
    ['model', 'text.gguf'],
    'E_OUTPUT_EXISTS',
    /text\.gguf exists already/,
    /--force/,
    bench => bench.rename('text.txt', 'text.gguf'),
  ),
  'onto a folder, whatever --force says': bad(
    ['model', 'model', '--force'],
    'E_OUTPUT_EXISTS',
    /model is a folder, expected the name of a file/,
    /another name/,
  ),
  'below a file': bad(
    ['model', 'text.txt/model.gguf'],
    'E_OUTPUT_EXISTS',
    /a file is in the place of its folder/,
  ),
  'over what is read': bad(
    ['model.gguf', 'model.gguf', '--force'],
    'E_USAGE',
    /would replace the model that is read/,
    /another name/,
    bench => bench.rename('text.txt', 'model.gguf'),
  ),
});
