import { CheckpointFormat, definePlugin } from '@secateur/core';
import { createHuggingFaceFormat } from './hugging-face-format.js';

/** Reads and writes Hugging Face model folders and PEFT adapters. */
export default definePlugin('checkpoint-hf', api => {
  api.provide(
    CheckpointFormat,
    'hf',
    () => createHuggingFaceFormat(),
    'config.json and safetensors, PEFT adapters',
  );
});
