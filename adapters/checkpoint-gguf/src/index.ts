export { type ConvertGgufOptions, convertGguf } from './convert-gguf.js';
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
export { type Llama3Parameters, llama3Factor } from './format/llama3-factor.js';
export {
  architectureKeys,
  chatTemplateKey,
  generalKeys,
  tokenizerKeys,
  tokenTypes,
} from './format/metadata-keys.js';
export { halvesToPairs, pairsToHalves } from './format/rotary-rows.js';
export { ggufTensorName, huggingFaceTensorName, ROPE_FACTORS } from './format/tensor-names.js';
export { ggufImporter } from './gguf-importer.js';
export type { FolderDType } from './narrowest-type.js';
export { default } from './plugin.js';
export { readWhole } from './quants/read-pieces.js';
export type { GgufValue, Metadata } from './reader/metadata.js';
export { type GgufFile, openGguf } from './reader/open-gguf.js';
export type { GgufTensor } from './reader/tensor-infos.js';
export { type PreTokenizer, preTokenizers } from './tokenizer/pre-tokenizers.js';
export { splitsOf } from './tokenizer/splits.js';
export { LONGEST_TOKEN } from './tokenizer/vocabulary.js';
