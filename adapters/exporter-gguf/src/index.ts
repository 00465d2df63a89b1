export type { MetadataValue } from './file/metadata.js';
export { type GgufTensorSource, writeGguf } from './file/write-gguf.js';
export { createGgufExporter } from './gguf-exporter.js';
export { default } from './plugin.js';
