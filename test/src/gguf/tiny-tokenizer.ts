import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** GPT-2's characters for bytes: those that print stand for themselves, the others follow 255 in order. */
const byteCharacters = (): readonly string[] => {
  const prints = (byte: number): boolean => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(prints(byte) ? byte : next++));
};

const control = ['<|begin|>', '<|end|>', '<|turn|>', '<|pad|>', '<|none|>'];
const merges = ['Ġ a', 'b c', 'Ġa bc'];

/** Tokens: bytes, three merges, five control tokens; BOS is 259. */
export const VOCABULARY = 256 + merges.length + control.length;

const addedToken = (content: string, i: number) => ({
  id: 256 + merges.length + i,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/** Writes a byte-level tokenizer that splits as SmolLM's does, and puts BOS before a text. */
export const writeTinyTokenizer = (folder: string): void => {
  const tokens = [...byteCharacters(), ...merges.map(merge => merge.replace(' ', '')), ...control];
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: true };
  const [bos] = control;
  const documents = {
    'tokenizer.json': {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: control.map(addedToken),
      normalizer: null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel],
      },
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: bos, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
        special_tokens: { [bos!]: { id: bos, ids: [addedToken(bos!, 0).id], tokens: [bos] } },
      },
      decoder: byteLevel,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges,
      },
    },
    'tokenizer_config.json': {
      bos_token: '<|begin|>',
      eos_token: '<|end|>',
      pad_token: '<|pad|>',
      unk_token: '<|none|>',
      add_bos_token: true,
      chat_template: [
        { name: 'default', template: '{{ messages }}' },
        { name: 'tool_use', template: '{{ tools }}' },
      ],
      tokenizer_class: 'PreTrainedTokenizerFast',
    },
  };
  for (const [name, document] of Object.entries(documents))
    writeFileSync(path.join(folder, name), JSON.stringify(document));
};
