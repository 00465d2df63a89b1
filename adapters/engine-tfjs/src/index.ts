export { type BackendName, backendNames } from './backends/backend-name.js';
export type { BackendChoice } from './backends/open-backend.js';
export { default } from './plugin.js';
export { createTfjsEngine, TfjsEngine, type TfjsOptions } from './tfjs-engine.js';
