import { definePlugin, Importer } from '@secateur/core';
import { ggufImporter } from './gguf-importer.js';

/** Lets `model` name a GGUF file. */
export default definePlugin('checkpoint-gguf', api => {
  api.provide(Importer, 'gguf', ggufImporter, 'GGUF files of llama.cpp, v2 and v3');
});
