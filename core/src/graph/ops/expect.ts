import type { Value } from '../graph.js';

/** Throws unless every input that is there is of dtype `float`. */
export const expectFloat = (op: string, ...inputs: readonly (Value | undefined)[]): void => {
  for (const input of inputs)
    if (input && input.dtype !== 'float')
      throw new Error(`${op}: "${input.name}" is ${input.dtype}, expected float`);
};

/** Throws unless the input is of dtype `int64`: ids and targets. */
export const expectIds = (op: string, input: Value): void => {
  if (input.dtype !== 'int64') throw new Error(`${op}: "${input.name}" is ${input.dtype}, expected int64`);
};

/** Throws unless the tensor has that many axes. */
export const expectRank = (op: string, input: Value, rank: number): void => {
  if (input.shape.length !== rank)
    throw new Error(`${op}: "${input.name}" has shape [${input.shape}], expected ${rank} axes`);
};

/** Throws unless the tensor has exactly that shape. */
export const expectShape = (op: string, input: Value, shape: readonly number[]): void => {
  if (input.shape.length !== shape.length || input.shape.some((extent, d) => extent !== shape[d]))
    throw new Error(`${op}: "${input.name}" has shape [${input.shape}], expected [${shape}]`);
};

/** Throws unless the axis counts from 0 within the rank of the tensor. */
export const expectAxis = (op: string, input: Value, axis: number): void => {
  if (!Number.isInteger(axis) || axis < 0 || axis >= input.shape.length)
    throw new Error(`${op}: "${input.name}" of shape [${input.shape}] has no axis ${axis}`);
};

/**
 * Throws when a gradient reaches an output that is only saved for the backward pass. Whoever wants to differentiate
 * through it expands the graph first.
 */
export const refuseGradient = (op: string, output: Value, gradient: Value | undefined): void => {
  if (gradient) throw new Error(`${op}: "${output.name}" is a saved output and carries no gradient`);
};
