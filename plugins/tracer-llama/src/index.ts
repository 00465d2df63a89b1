import { definePlugin, Tracer } from '@secateur/core';
import { architectures, readArchitecture } from './architecture.js';
import { withBiases } from './biases.js';
import { dropLayers } from './drop-layers.js';
import { goneTensors } from './layer-parts.js';
import { ownCode } from './own-code.js';
import { padModel } from './pad.js';
import { resizeConfig } from './resize.js';
import { traceDecoder } from './trace.js';

export { keepLayers } from './kept-layers.js';

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
  gone: goneTensors,
  dropLayers,
  withBiases,
  pad: padModel,
  ownCode,
};

export default definePlugin('tracer-llama', api => {
  api.provide(Tracer, 'llama', llamaTracer);
});
