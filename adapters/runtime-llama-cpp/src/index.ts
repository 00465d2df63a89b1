export { createLlamaCpp, encode, greedy } from './llama-cpp.js';
export { default } from './plugin.js';
