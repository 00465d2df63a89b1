/** Small files of a Hugging Face model folder that do not change when it is pruned; licences, by pattern, come to these. */
export const companionNames: ReadonlySet<string> = new Set([
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
