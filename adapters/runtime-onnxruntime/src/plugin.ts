import { definePlugin, Runtime } from '@secateur/core';
import { createOnnxRuntime } from './onnx-runtime.js';

/** Opens ONNX files in onnxruntime. */
export default definePlugin('runtime-onnxruntime', api => {
  api.provide(Runtime, 'onnxruntime', () => createOnnxRuntime(), 'ONNX files, in onnxruntime on the CPU');
});
