import { fault } from '../fault.js';
import { tokenizerKeys } from '../format/metadata-keys.js';
import { show } from '../reader/metadata.js';
import { type PreTokenizer, preTokenizers } from './pre-tokenizers.js';
import { addedTokens, templateOf, type Vocabulary } from './vocabulary.js';

/**
 * tokenizer.json of `tokenizer.ggml.model` gpt2: BPE over the characters that stand for bytes.
 * @throws SecateurError E_GGUF
 */
export const byteLevelJson = (vocabulary: Vocabulary): Readonly<Record<string, unknown>> => {
  const { file, fields, tokens, bos, eos } = vocabulary;
  const pre = readPreTokenizer(vocabulary);
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges = fields.texts(tokenizerKeys.merges);
  for (const merge of merges) {
    const [left, right, ...more] = merge.split(' ');
    if (
      right === undefined ||
      more.length > 0 ||
      !ids.has(left!) ||
      !ids.has(right) ||
      !ids.has(left + right)
    )
      throw fault(file, `merges ${show(merge)}, expected two tokens that make a third`);
  }
  const addBos = fields.flag(tokenizerKeys.addBos, pre.addBos ?? false);
  const addEos = fields.flag(tokenizerKeys.addEos, false);
  const template =
    addBos || addEos ? [templateOf(vocabulary, addBos ? bos : undefined, addEos ? eos : undefined)] : [];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary),
    normalizer: pre.normalizer ? { type: pre.normalizer } : null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        ...pre.splits.map(expression => ({
          type: 'Split',
          pattern: { Regex: expression },
          behavior: 'Isolated',
          invert: false,
        })),
        { ...byteLevel, use_regex: pre.gpt2 },
      ],
    },
    post_processor: { type: 'Sequence', processors: [{ ...byteLevel, use_regex: true }, ...template] },
    decoder: { ...byteLevel, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: pre.ignoreMerges ?? false,
      vocab: Object.fromEntries(ids),
      merges,
    },
  };
};

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false } as const;

const readPreTokenizer = ({ file, fields }: Vocabulary): PreTokenizer => {
  const name = fields.text(tokenizerKeys.pre, 'default');
  const pre = preTokenizers.get(name);
  if (pre) return pre;
  throw fault(
    file,
    `splits text as ${show(name)} does, expected one of ${[...preTokenizers.keys()].join(', ')}`,
    'Take the model folder that its maker published, or a GGUF file of a model of these.',
  );
};
