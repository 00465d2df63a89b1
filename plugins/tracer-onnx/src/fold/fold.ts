import type { NodeAttributes } from '../attributes.js';
import type { Known } from '../known.js';

/** A node all of whose inputs are known. Absent optional inputs are left out at the end and undefined before. */
export interface KnownNode {
  readonly op: string;
  readonly inputs: readonly Known[];
  readonly attributes: NodeAttributes;
  /** Number of outputs. */
  readonly outputs: number;
}

/** Computes the outputs of a node as ONNX defines them. Throws a plain Error for a form that is not supported. */
export type Fold = (node: KnownNode) => Known[];

/** The elements of an optional input. */
export const optional = (inputs: readonly (Known | undefined)[], i: number): number[] | undefined => {
  const input = inputs[i];
  return input ? [...input.data] : undefined;
};
