export { type Baseline, baselineOptions, defineBaseline } from './baseline.js';
export { defineUnstructured, unstructuredBaselineOptions } from './unstructured.js';
