import { definePlugin, Runtime } from '@secateur/core';
import { createTransformersRuntime } from './transformers-runtime.js';

/** Opens model folders with transformers, where Python has it. */
export default definePlugin('runtime-transformers', api => {
  api.provide(
    Runtime,
    'transformers',
    () => createTransformersRuntime(),
    'model folders in Python, where torch and transformers are installed',
  );
});
