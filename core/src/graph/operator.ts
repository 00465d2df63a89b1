import type { GraphBuilder } from './builder.js';
import type { Attributes, DType, Shape, Value } from './graph.js';

/** Shape and type of one output, before it has a name. */
export interface OutputType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A tensor of the reference interpreter: always float64, whatever the graph's type; bool is 0 or 1. */
export interface Dense {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** What a gradient rule sees of the node it differentiates. */
export interface GradientContext {
  /** Absent optional inputs are undefined. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** Gradient of the loss by each output; undefined where nothing flows back. */
  readonly outputGradients: readonly (Value | undefined)[];
  /** Which inputs want a gradient. A rule may skip the others and should. */
  readonly wants: readonly boolean[];
}

/** Sees one node of a graph of primitives and says which axes belong together. Axes count from 0. */
export interface CouplingContext {
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** An axis of input `i`. */
  input(i: number, axis: number): Axis;
  /** An axis of output `i`. */
  output(i: number, axis: number): Axis;
  /** These axes are one: an index removed from one is removed from the other. */
  tie(a: Axis, b: Axis): void;
  /** Row-major: `whole` runs over `parts` as over nested loops (Reshape). */
  tieProduct(whole: readonly Axis[], parts: readonly Axis[]): void;
  /** `whole` is the concatenation of `parts` (Concat, Split, Slice). */
  tieSum(whole: Axis, parts: readonly Axis[]): void;
  /** An axis of no tensor, for the part of a sum that a node drops. */
  fresh(extent: number): Axis;
  /** Summed over here: exact only where one of the operands is zero along the axis. */
  contract(...axes: Axis[]): void;
  /** The two axes are batch axes of a product of activations: heads. */
  batch(axis: Axis): void;
  /** One index of the input serves every index here: keys that are repeated for each query head of their group. */
  repeat(axis: Axis): void;
  /** The axis is normalised over: removable only if the count that divides is kept. */
  normalise(axis: Axis): void;
  /** No index of this axis may be removed, with the reason that people read. */
  freeze(axis: Axis, reason: string): void;
}

/** Opaque handle of the coupler. */
export interface Axis {
  readonly value: string;
  readonly axis: number;
}

/**
 * How zeros travel, for the proof that a zeroed unit and a cut unit are the same. Asked once for each removable
 * dimension that an output has: `zeros[i]` says whether input `i` has the dimension and is zero at its removed
 * indices (absent inputs: undefined). True: the output is zero there too.
 * Mul: some; Add: every; Exp: never, since Exp(0) is 1.
 */
export type ZeroRule = (zeros: readonly (boolean | undefined)[]) => boolean;

/** Zero where every input is: Add, Concat, and all that only moves elements. */
export const everyZero: ZeroRule = zeros => zeros.every(zero => zero !== false);
/** Zero where one factor is. */
export const someZero: ZeroRule = zeros => zeros.some(zero => zero === true);
/** Zeros do not survive. */
export const neverZero: ZeroRule = () => false;

/** What a node needs to know to mend its attributes after axes were cut. */
export interface ResizeContext {
  /** After the cut. Absent optional inputs are undefined. */
  readonly inputs: readonly (Value | undefined)[];
  /** After the cut: name, dtype and the new shape. */
  readonly outputs: readonly Value[];
  /** How many indices before \`offset\` of that axis of input \`i\` survive; \`offset\` counts as before the cut. */
  position(input: number, axis: number, offset: number): number;
}

interface OperatorBase {
  /** ONNX name for primitives. */
  readonly name: string;
  /** Shapes and types of the outputs. Throws a plain Error that names the operator when the inputs do not fit. */
  infer(inputs: readonly (Value | undefined)[], attributes: Attributes): OutputType[];
  /**
   * Gradients by each input, as more graph; undefined for inputs that get none. Absent for operators that carry
   * no gradient (OneHot). For composites this is the fused form: it may read saved outputs.
   */
  gradient?(g: GraphBuilder, context: GradientContext): (Value | undefined)[];
  /**
   * Inputs to which no gradient passes, whatever is asked: what is computed for these alone, such as what a teacher
   * says, lies outside of what is differentiated.
   */
  readonly outside?: readonly number[];
  /** The output has the bytes of the first input and none of its own. */
  readonly view?: true;
  /** The attributes after axes were cut; present where attributes hold extents or offsets of an axis. */
  resize?(attributes: Attributes, context: ResizeContext): Attributes;
  /**
   * Floating point operations of one application, a multiply-add counted as 2. `read[i]` says whether anything reads
   * output `i`: what only a saved output costs is not spent where nothing does.
   */
  flops(
    inputs: readonly (Value | undefined)[],
    outputs: readonly Value[],
    attributes: Attributes,
    read: readonly boolean[],
  ): number;
}

/** An operator of ONNX. */
export interface Primitive extends OperatorBase {
  readonly kind: 'primitive';
  /** The reference: plain float64 loops, slow and obviously right. */
  evaluate(
    inputs: readonly (Dense | undefined)[],
    attributes: Attributes,
    outputs: readonly Value[],
  ): Dense[];
  /** Absent: unknown, and every class that touches the node becomes unprunable. */
  couple?(context: CouplingContext): void;
  readonly zero: ZeroRule;
  /** The output is the first input with its elements moved: a parameter that passes through is still that parameter. */
  readonly moves?: true;
}

/** Several primitives as one vertex. Its coupling follows from its expansion. */
export interface Composite extends OperatorBase {
  readonly kind: 'composite';
  /** The same function in primitives and other composites: the definition, against which fused forms are checked. */
  expand(g: GraphBuilder, inputs: readonly (Value | undefined)[], attributes: Attributes): Value[];
}

export type Operator = Primitive | Composite;
