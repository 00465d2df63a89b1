import type { Attributes, Value } from '@secateur/core/graph';
import type * as core from '@tensorflow/tfjs-core';

/** TensorFlow.js, as whichever package brings it. */
export type Tf = typeof core;
export type TfTensor = core.Tensor;

/**
 * One primitive in TensorFlow.js. Inputs are only read; temporaries are disposed by the caller's tidy.
 * @param output shape and type of the result
 */
export type Kernel = (
  tf: Tf,
  inputs: readonly (TfTensor | undefined)[],
  attributes: Attributes,
  output: Value,
) => TfTensor;

/** Extents as TensorFlow.js wants them. */
export const extents = (shape: readonly number[]): number[] => [...shape];
