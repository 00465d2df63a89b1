export { checkAdapter, type ModuleShape } from './check-adapter.js';
export { encodeBFloat16, encodeFloat16 } from './half.js';
export {
  createHuggingFaceFormat,
  HuggingFaceFormat,
  type HuggingFaceOptions,
} from './hugging-face-format.js';
export { withFile } from './open-file.js';
export { default } from './plugin.js';
export { type ByteSource, readFully } from './read-fully.js';
export { type ElementArray, type ElementDType, readElements, readTensor } from './read-tensor.js';
export {
  readSafetensorsHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors-header.js';
export { type StagedFile, type Staging, stageFiles } from './staging.js';
export type { SafetensorsDType } from './stored-type.js';
export { type ModelToWrite, writeModel } from './write-model.js';
export { type TensorSource, tensorOf, writeSafetensors } from './write-safetensors.js';
