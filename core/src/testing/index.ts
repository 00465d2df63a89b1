/** `@secateur/core/testing`: what tests of plugins and adapters share. Nothing of it is needed at run time. */
export { largestDifference, outputAt, slicedFeeds, zeroedFeeds } from '../graph/fixtures/cut-feeds.js';
export * from '../graph/fixtures/tiny-decoder.js';
export * from './interpreter-engine.js';
export * from './memory-format.js';
export * from './memory-storage.js';
export * from './one-by-one.js';
export * from './operator-cases.js';
export * from './operator-errors.js';
export * from './preset-session.js';
export * from './provided-by.js';
export * from './temporary-folder.js';
export * from './test-if.js';
export * from './throws-code.js';
export * from './tiny-model.js';
export * from './tiny-session.js';
export { watchedEngine } from './watched-engine.js';
export { WriteLimit } from './write-limit.js';
