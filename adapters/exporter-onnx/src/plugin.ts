import { definePlugin, Exporter } from '@secateur/core';
import { createOnnxExporter } from './onnx-exporter.js';

/** Writes models as ONNX files. */
export default definePlugin('exporter-onnx', api => {
  api.provide(
    Exporter,
    'onnx',
    () => createOnnxExporter(),
    'ONNX files, for onnxruntime and transformers.js',
  );
});
