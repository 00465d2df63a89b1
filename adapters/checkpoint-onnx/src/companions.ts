import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** Tokenizer and other small files that go with a model. */
const names: ReadonlySet<string> = new Set([
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'tokenizer.model',
  'vocab.json',
  'merges.txt',
  'generation_config.json',
  'chat_template.jinja',
]);

/** Those beside a model or, where there are none, in the folder above, as in `onnx/model.onnx`. */
export const companionsOf = async (folder: string): Promise<readonly string[]> => {
  const beside = await within(folder);
  return beside.length > 0 ? beside : within(path.dirname(folder));
};

const within = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder).catch(() => []);
  return entries
    .filter(name => names.has(name))
    .sort()
    .map(name => path.join(folder, name));
};
