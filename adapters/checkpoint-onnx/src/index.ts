export { createOnnxFormat } from './onnx-format.js';
export { default } from './plugin.js';
