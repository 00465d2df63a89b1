export { createOnnxRuntime } from './onnx-runtime.js';
export { default } from './plugin.js';
