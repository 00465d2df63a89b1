import { definePlugin, Runtime } from '@secateur/core';
import { createLlamaCpp } from './llama-cpp.js';

/** Opens GGUF files in llama.cpp. */
export default definePlugin('runtime-llama-cpp', api => {
  api.provide(
    Runtime,
    'llama.cpp',
    () => createLlamaCpp(),
    'GGUF files in llama.cpp, through node-llama-cpp',
  );
});
