import { definePlugin, TokenizerFormat } from '@secateur/core';
import { createHuggingFaceTokenizerFormat } from './hugging-face-tokenizer-format.js';

/** Reads tokenizer.json. */
export default definePlugin('tokenizer-hf', api => {
  api.provide(TokenizerFormat, 'hf', createHuggingFaceTokenizerFormat, 'tokenizer.json');
});
