import {
  type ElementType,
  elementTypes,
  type NodeView,
  type OnnxAttribute,
  type OnnxModelBuilder,
} from '@secateur/adapter-onnx-format';
import type { DType, Graph, Shape, Value } from '@secateur/core/graph';
import { absorbedTransposes } from './absorbed-transposes.js';
import { type Precision, readsTransposed, type Target } from './target.js';

/** Writes one operator as nodes of ONNX. */
export interface Lowering {
  /** False: this node has no form here, and is expanded first. Default: always true. */
  supports?(node: NodeView, target: Target): boolean;
  /** True: it takes weights in the type of their file and casts what it makes of them. Default false. */
  readonly takesStored?: boolean;
  emit(e: Emitter, node: NodeView): void;
}

export interface EmitOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Names of the outputs. Default: one fresh name. */
  readonly outputs?: readonly string[];
  readonly domain?: '' | 'com.microsoft';
}

/** A weight of another type than float32. Quantised ones have scales by which their rows are multiplied, [rows]. */
export interface StoredTensor {
  readonly tensor: string;
  readonly scales?: string;
}

/** What a lowering writes with. Values of the graph keep their names in the model. */
export class Emitter {
  /** Transposes that are not written, since the products that read them take what they transpose, by name. */
  readonly absorbed: ReadonlyMap<string, string>;
  readonly #read: ReadonlySet<string>;
  readonly #interned = new Map<string, string>();
  readonly #made = new Map<string, string>();
  #count = 0;

  /** Weights that the model holds in another type than float32, by name: whoever reads one casts it. */
  readonly stored = new Map<string, StoredTensor>();

  constructor(
    readonly model: OnnxModelBuilder,
    readonly graph: Graph,
    readonly target: Target,
  ) {
    this.absorbed = readsTransposed(target) ? absorbedTransposes(graph) : new Map();
    this.#read = new Set([...graph.nodes.flatMap(node => node.inputs), ...graph.outputs.values()]);
  }

  get precision(): Precision {
    return this.target.precision;
  }

  /** True when a node or an output of the graph reads the value. */
  isRead(value: Value): boolean {
    return this.#read.has(value.name);
  }

  typeOf(dtype: DType): ElementType {
    return dtype === 'float' ? (this.precision === 'float64' ? 'double' : 'float') : dtype;
  }

  /** Adds a node; returns the name of its first output. */
  node(op: string, inputs: readonly string[], { outputs, ...options }: EmitOptions = {}): string {
    const named = outputs ?? [this.fresh(op)];
    this.model.node({ op, inputs, outputs: named, ...options });
    return named[0]!;
  }

  /** An int64 vector, such as a shape or a list of axes. */
  ints(values: readonly number[]): string {
    return this.#intern(`ints[${values}]`, 'int64', [values.length], Float64Array.from(values));
  }

  /** An int64 scalar. */
  int(value: number): string {
    return this.#intern(`int(${value})`, 'int64', [], Float64Array.of(value));
  }

  /** A scalar of the compiled precision. */
  scalar(value: number): string {
    return this.#intern(`scalar(${value})`, this.typeOf('float'), [], Float64Array.of(value));
  }

  /** A float32 vector, whatever the precision. */
  floats(values: readonly number[]): string {
    return this.#intern(`floats[${values}]`, 'float', [values.length], Float64Array.from(values));
  }

  /** A tensor of the compiled precision; the same key gives the same tensor. */
  tensor(key: string, shape: Shape, data: () => Float64Array): string {
    return this.#interned.get(key) ?? this.#intern(key, this.typeOf('float'), shape, data());
  }

  /** What nodes make once, for all that read it; the same key gives the same value. */
  once(key: string, make: () => string): string {
    const known = this.#made.get(key) ?? make();
    this.#made.set(key, known);
    return known;
  }

  reshape(x: string, shape: Shape, output?: string): string {
    return this.node('Reshape', [x, this.ints(shape)], output === undefined ? {} : { outputs: [output] });
  }

  cast(x: string, to: ElementType, output?: string): string {
    return this.node('Cast', [x], {
      attributes: { to: { int: elementTypes[to] } },
      ...(output === undefined ? {} : { outputs: [output] }),
    });
  }

  /**
   * x, not before `near` is there: the shape that it is given takes nothing, and only seemingly something, from the shape
   * of `near`. A view: nothing is copied.
   */
  after(x: string, shape: Shape, near: string, output?: string): string {
    const nothing = this.node('Shape', [near], { attributes: { start: { int: 0 }, end: { int: 0 } } });
    const target = this.node('Concat', [nothing, this.ints(shape)], { attributes: { axis: { int: 0 } } });
    return this.node('Reshape', [x, target], output === undefined ? {} : { outputs: [output] });
  }

  transpose(x: string, perm: readonly number[], output?: string): string {
    return this.node('Transpose', [x], {
      attributes: { perm: { ints: perm } },
      ...(output === undefined ? {} : { outputs: [output] }),
    });
  }

  concat(parts: readonly string[], axis: number, output?: string): string {
    return this.node('Concat', parts, {
      attributes: { axis: { int: axis } },
      ...(output === undefined ? {} : { outputs: [output] }),
    });
  }

  /** A run of an axis; the tensor itself where that is all of it. */
  run(x: string, extent: number, axis: number, start: number, end: number): string {
    if (start === 0 && end === extent) return x;
    return this.node('Slice', [x, this.ints([start]), this.ints([end]), this.ints([axis])]);
  }

  #intern(key: string, type: ElementType, shape: Shape, data: Float64Array): string {
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    const name = this.fresh(key);
    this.model.initializer(name, type, shape, encodeElements(type, data));
    this.#interned.set(key, name);
    return name;
  }

  /** A name that no value of the graph has. */
  fresh(stem: string): string {
    let name: string;
    do name = `${stem}#${this.#count++}`;
    while (this.graph.values.has(name));
    return name;
  }
}

/** Little-endian bytes of the elements in the given type. */
export const encodeElements = (type: ElementType, data: Float64Array): Uint8Array => {
  const elements = typedArray(type, data);
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
};

const typedArray = (type: ElementType, data: Float64Array) => {
  if (type === 'float') return Float32Array.from(data);
  if (type === 'double') return data;
  if (type === 'int64') return BigInt64Array.from(data, BigInt);
  if (type === 'bool') return Uint8Array.from(data);
  throw new Error(`no constants of type ${type}`);
};
