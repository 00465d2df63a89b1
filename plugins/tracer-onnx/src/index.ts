import { definePlugin, SecateurError, Tracer } from '@secateur/core';
import { layersOf, maxSequenceOf } from './sizes.js';
import { traceOnnx } from './trace.js';

/** Traces decoders in ONNX, whoever exported them. */
export const onnxTracer: Tracer = {
  architectures: ['ONNX'],
  trace: traceOnnx,
  layers: layersOf,
  maxSequence: maxSequenceOf,
  resize: () => {
    throw new SecateurError('E_EXPORT', 'An ONNX model can be traced and measured, but not written again.', {
      hint: 'Prune the Hugging Face folder that it was exported from, with --format onnx.',
    });
  },
};

export default definePlugin('tracer-onnx', api => {
  api.provide(Tracer, 'onnx', onnxTracer);
});
