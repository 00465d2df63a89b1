export {
  type GgufArchitecture,
  type GgufArchitectureName,
  ggufArchitectures,
  isGgufArchitecture,
} from './format/architectures.js';
export {
  DEFAULT_ALIGNMENT,
  GGUF_MAGIC,
  GGUF_VERSION,
  type GgufValueType,
  MOST_AXES,
  paddingAt,
  valueTypes,
} from './format/container.js';
export {
  fileTypes,
  type GgmlLayout,
  type GgmlType,
  ggmlBytes,
  ggmlTypeOf,
  ggmlTypes,
} from './format/ggml-types.js';
export { architectureKeys, generalKeys, tokenizerKeys, tokenTypes } from './format/metadata-keys.js';
export { halvesToPairs, pairsToHalves } from './format/rotary-rows.js';
export { ggufTensorName, huggingFaceTensorName, ROPE_FACTORS } from './format/tensor-names.js';
