export { HuggingFaceTokenizer, type TokenizerSettings } from './hugging-face-tokenizer.js';
export {
  createHuggingFaceTokenizerFormat,
  HuggingFaceTokenizerFormat,
} from './hugging-face-tokenizer-format.js';
export { default } from './plugin.js';
