export { default } from './plugin.js';
export { createTransformersRuntime, type TransformersOptions } from './transformers-runtime.js';
