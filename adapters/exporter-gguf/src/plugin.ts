import { definePlugin, Exporter } from '@secateur/core';
import { createGgufExporter } from './gguf-exporter.js';

/** Writes GGUF files. */
export default definePlugin('exporter-gguf', api => {
  api.provide(Exporter, 'gguf', () => createGgufExporter(), 'GGUF files for llama.cpp');
});
