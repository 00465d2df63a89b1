import type { ElementType } from '@secateur/adapter-onnx-format';

/** Where a graph is computed: the name of an execution provider of onnxruntime. */
export type Device = 'cpu' | 'webgpu' | 'cuda';

export type Precision = 'float32' | 'float64';

/** What an operator is lowered for: kernels differ by both. */
export interface Target {
  readonly precision: Precision;
  readonly device: Device;
}

/**
 * Whether products can read transposed operands as they lie. WebGPU has no kernel for that: the CPU would compute it, and
 * activations would go there and back.
 */
export const readsTransposed = ({ precision, device }: Target): boolean =>
  precision === 'float32' && device !== 'webgpu';

/**
 * Whether a weight of that type can be cast where it is read, at each step. WebGPU has kernels for halves of one kind:
 * the CPU would cast the others, and all weights would be moved at each step.
 */
export const castsWeights = ({ device }: Target, type: ElementType): boolean =>
  device !== 'webgpu' || type === 'float16';
