import { definePlugin, Tracer } from '@secateur/core';
import { architectures, readArchitecture } from './architecture.js';
import { resizeConfig } from './resize.js';
import { traceDecoder } from './trace.js';

/** Traces LLaMA, Mistral, Qwen2 and Qwen3 decoders from config.json. */
export const llamaTracer: Tracer = {
  architectures,
  trace: traceDecoder,
  layers: config =>
    readArchitecture(config).layers.map(({ heads, kvHeads, intermediate }) => ({
      heads,
      kvHeads,
      channels: intermediate,
    })),
  maxSequence: config => readArchitecture(config).maxSequence,
  resize: resizeConfig,
};

export default definePlugin('tracer-llama', api => {
  api.provide(Tracer, 'llama', llamaTracer);
});
