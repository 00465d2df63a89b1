export { type ElementType, elementTypes, widthOf } from './element-types.js';
export { decodeElements, readElements } from './elements.js';
export {
  type ExternalData,
  type OnnxAttribute,
  type OnnxBuilderOptions,
  type OnnxExtent,
  OnnxModelBuilder,
  type OnnxNode,
  type OnnxPart,
} from './model-builder.js';
export { readOnnx } from './read-model.js';
