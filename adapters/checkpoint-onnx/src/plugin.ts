import { CheckpointFormat, definePlugin } from '@secateur/core';
import { createOnnxFormat } from './onnx-format.js';

/** Opens ONNX models. */
export default definePlugin('checkpoint-onnx', api => {
  api.provide(CheckpointFormat, 'onnx', () => createOnnxFormat(), 'ONNX models, to trace and measure them');
});
