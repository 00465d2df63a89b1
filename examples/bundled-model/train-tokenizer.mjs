/**
 * Learns the tokenizer of the bundled model from the train parts of both sources and writes `model/tokenizer.json`
 * and `model/tokenizer_config.json` in the format of Hugging Face tokenizers. Same text, same bytes out.
 *
 *     node examples/bundled-model/train-tokenizer.mjs
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { learnBytePairs } from './byte-pair.mjs';
import { loadSources } from './corpus.mjs';
import { splitSource } from './split.mjs';

const VOCABULARY_SIZE = 2048;
const BOS = '<s>';
const EOS = '</s>';

/** @param {number} id @param {string} content */
const specialToken = (id, content) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/** @param {string} id @param {number} type */
const sequence = (id, type) => ({ Sequence: { id, type_id: type } });
/** @param {number} type */
const bos = type => ({ SpecialToken: { id: BOS, type_id: type } });

/** @param {readonly string[]} vocabulary @param {readonly [string, string][]} merges */
const tokenizerFile = (vocabulary, merges) => ({
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [specialToken(0, BOS), specialToken(1, EOS)],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: {
    type: 'TemplateProcessing',
    single: [bos(0), sequence('A', 0)],
    pair: [bos(0), sequence('A', 0), bos(1), sequence('B', 1)],
    special_tokens: { [BOS]: { id: BOS, ids: [0], tokens: [BOS] } },
  },
  decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    merges: merges.map(pair => pair.join(' ')),
  },
});

const TOKENIZER_CONFIG = {
  add_bos_token: true,
  add_eos_token: false,
  bos_token: BOS,
  // A clean-up would take the space before a mark away: decode(encode(x)) is x only without.
  clean_up_tokenization_spaces: false,
  eos_token: EOS,
  // Not LlamaTokenizerFast: that class brings SentencePiece's spaces, this file has GPT-2's bytes.
  tokenizer_class: 'PreTrainedTokenizerFast',
};

const texts = loadSources().map(({ text }) => splitSource(text).train);
const longest = Math.max(...texts.map(text => text.length));
// The sources count alike, whatever their length: the addresses are nine times the book.
const weighted = texts.map(text => ({ text, weight: Math.round(longest / text.length) }));
const { vocabulary, merges } = learnBytePairs(weighted, { size: VOCABULARY_SIZE, specials: [BOS, EOS] });

const folder = fileURLToPath(new URL('model/', import.meta.url));
mkdirSync(folder, { recursive: true });
/** @type {(name: string, content: unknown) => void} */
const write = (name, content) => {
  // A list of one stays on its line, as the formatter of this repository has it.
  const json = JSON.stringify(content, null, 2).replace(/\[\n\s+("[^"\n]+"|\d+)\n\s+\]/g, '[$1]');
  writeFileSync(`${folder}${name}`, `${json}\n`);
  process.stdout.write(`model/${name}\n`);
};
write('tokenizer.json', tokenizerFile(vocabulary, merges));
write('tokenizer_config.json', TOKENIZER_CONFIG);
