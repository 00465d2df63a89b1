/** How graphs are run over batches of the calibration and evaluation data. */
export * from './hidden-states.js';
export * from './logits-of.js';
export * from './passes.js';
export * from './passes-for.js';
export * from './streamed-passes.js';
export * from './whole-passes.js';
