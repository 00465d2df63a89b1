export { type ElementType, elementTypes, storedTypes, widthOf } from './element-types.js';
export { decodeElements, readBytes, readElements } from './elements.js';
export {
  type ExternalData,
  type OnnxAttribute,
  type OnnxBuilderOptions,
  type OnnxExtent,
  OnnxModelBuilder,
  type OnnxNode,
  type OnnxPart,
} from './model-builder.js';
export { type NodeView, sameNameOperators, viewOf } from './operators.js';
export { readOnnx } from './read-model.js';
