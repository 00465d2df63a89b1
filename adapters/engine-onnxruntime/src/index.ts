export {
  createOnnxRuntimeEngine,
  OnnxRuntimeEngine,
  type OnnxRuntimeOptions,
} from './onnx-runtime-engine.js';
export { default } from './plugin.js';
