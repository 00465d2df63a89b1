import { type Constant, type GraphBuilder, reshape, type Shape, type Value } from '@secateur/core/graph';
import type { NodeAttributes } from './attributes.js';
import type { Known } from './known.js';

/** A tensor while the graph is made: its elements are known, or it is a value of the graph. */
export type Operand = Known | Value;

export const isKnown = (operand: Operand | undefined): operand is Known =>
  operand !== undefined && 'kind' in operand;

/** A node of which some input is a value of the graph. */
export interface LiveNode {
  readonly op: string;
  /** '' for the operators of ONNX itself. */
  readonly domain: string;
  /** Absent optional inputs are undefined. */
  readonly inputs: readonly (Operand | undefined)[];
  readonly attributes: NodeAttributes;
  /** Number of outputs. */
  readonly outputs: number;
  /** Module path. */
  readonly path: string;
  /** Version of the operators of the node's domain. */
  readonly opset: number;
}

/** Says a node in the operators of the graph. Outputs that a decoder without a cache does not need are left out. */
export type Rule = (t: Tracing, node: LiveNode) => readonly (Operand | undefined)[];

/** A product of activations [rows, in] with a weight [in, out]. */
export interface WeightProduct {
  readonly rows: Value;
  readonly weight: Value;
  readonly path: string;
}

/** Finite stand-ins for the infinities of masks: a row of scores that is masked whole cannot become NaN. */
const LARGEST = 3.4028234663852886e38;

/** What rules write with. */
export class Tracing {
  readonly #constants = new Map<Known, Value>();
  readonly #names = new Map<Known, string>();
  readonly #parameters = new Set<string>();
  /** Transposed weights by the name of the value, to the weight. */
  readonly #transposed = new Map<string, Value>();

  /** What a value was reshaped from. */
  readonly #sources = new Map<string, Value>();
  readonly #products = new Map<string, WeightProduct>();

  constructor(readonly g: GraphBuilder) {}

  /** The name that a known tensor gets, should the graph need it. */
  name(known: Known, name: string): void {
    if (!this.#names.has(known)) this.#names.set(known, name);
  }

  weight(value: Value): Value {
    this.#parameters.add(value.name);
    return value;
  }

  isWeight(value: Value): boolean {
    return this.#parameters.has(value.name);
  }

  /** The same elements under another shape. Back to the shape that they came from, nothing is done. */
  reshaped(x: Value, shape: Shape): Value {
    for (let from: Value | undefined = x; from; from = this.#sources.get(from.name))
      if (from.shape.join() === shape.join()) return from;
    const y = reshape(this.g, x, shape);
    this.#sources.set(y.name, x);
    return y;
  }

  /** Remembers a matrix [rows, out] as rows · weight, with the weight [in, out]. */
  noteProduct(y: Value, product: WeightProduct): void {
    this.#products.set(y.name, product);
  }

  productOf(y: Value): WeightProduct | undefined {
    return this.#products.get(y.name);
  }

  noteTransposed(value: Value, weight: Value): void {
    this.#transposed.set(value.name, weight);
  }

  /** The weight of which this is the transpose. */
  transposedWeight(value: Value): Value | undefined {
    return this.#transposed.get(value.name);
  }

  /** The operand as a value of the graph; what is known becomes a constant. */
  value(operand: Operand | undefined): Value {
    if (!operand) throw new Error('an input is missing');
    if (!isKnown(operand)) return operand;
    const made = this.#constants.get(operand);
    if (made) return made;
    const value = this.#constant(operand);
    this.#constants.set(operand, value);
    return value;
  }

  #constant(operand: Known): Value {
    const data = operand.data.map(x => Math.min(Math.max(x, -LARGEST), LARGEST));
    if (operand.shape.length === 0 && dtypeOf(operand) === 'float') return this.g.scalar(data[0]!);
    const key = this.#names.get(operand) ?? 'constant';
    const free = this.#constants.size;
    return this.g.constant(`${key}#${free}`, operand.shape, () => data, dtypeOf(operand));
  }
}

/** The element type of the graph for one of ONNX. */
export const dtypeOf = ({ dtype }: Pick<Known, 'dtype'>): Constant['dtype'] => {
  if (dtype === 'int64' || dtype === 'int32') return 'int64';
  return dtype === 'bool' ? 'bool' : 'float';
};

/** The elements of an input that must be known. */
export const knownElements = (inputs: readonly (Operand | undefined)[], i: number): number[] => {
  const operand = inputs[i];
  if (!isKnown(operand)) throw new Error(`input ${i} must be known before the model runs`);
  return [...operand.data];
};

/** The elements of an optional input that must be known where it is there. */
export const optionalElements = (
  inputs: readonly (Operand | undefined)[],
  i: number,
): number[] | undefined => (inputs[i] === undefined ? undefined : knownElements(inputs, i));
