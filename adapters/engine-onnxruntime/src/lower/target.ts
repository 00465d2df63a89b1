/** Where a graph is computed: the name of an execution provider of onnxruntime. */
export type Device = 'cpu' | 'webgpu' | 'cuda';

export type Precision = 'float32' | 'float64';

/** What an operator is lowered for: kernels differ by both. */
export interface Target {
  readonly precision: Precision;
  readonly device: Device;
}
