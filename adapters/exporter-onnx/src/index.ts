export { createOnnxExporter, type OnnxExporterOptions } from './onnx-exporter.js';
export { default } from './plugin.js';
