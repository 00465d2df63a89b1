export { alpacaPrompt } from './alpaca-prompt.js';
export { default } from './plugin.js';
export { rowFileReader } from './row-file-reader.js';
export { createTextFileReader, TextFileReader } from './text-file-reader.js';
