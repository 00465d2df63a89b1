import {
  type ElementType,
  elementTypes,
  type NodeView,
  type OnnxAttribute,
  type OnnxModelBuilder,
} from '@secateur/adapter-onnx-format';
import type { Graph, Shape } from '@secateur/core/graph';
import { type DynamicGraph, type Extent, isOpen } from './dynamic-graph.js';

/** Writes one operator as standard operators of ONNX. */
export type Lowering = (e: Emitter, node: NodeView) => void;

interface EmitOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Names of the outputs. Default: one fresh name. */
  readonly outputs?: readonly string[];
}

/** What a lowering writes with. Values of the graph keep their names in the model. */
export class Emitter {
  readonly graph: Graph;
  readonly #interned = new Map<string, string>();
  readonly #taken = new Map<string, number>();
  #path = '';

  constructor(
    readonly model: OnnxModelBuilder,
    readonly dynamic: DynamicGraph,
    private readonly reserved: ReadonlySet<string>,
  ) {
    this.graph = dynamic.graph;
  }

  /** What is written inside carries this module path. */
  at<T>(path: string, work: () => T): T {
    const outer = this.#path;
    this.#path = path;
    try {
      return work();
    } finally {
      this.#path = outer;
    }
  }

  /** Adds a node; returns the name of its first output. */
  node(op: string, inputs: readonly string[], { outputs, attributes = {} }: EmitOptions = {}): string {
    const name = this.fresh(`/${this.#path.replaceAll('.', '/')}/${op}`.replace('//', '/'));
    const named = outputs ?? [this.fresh(`${name}_output`)];
    this.model.node({ op, name, inputs, outputs: named, attributes });
    return named[0]!;
  }

  /** Made once, whoever asks first. */
  once(key: string, make: () => string): string {
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    const name = this.at('', make);
    this.#interned.set(key, name);
    return name;
  }

  /** An int64 vector, such as a shape or a list of axes. */
  ints(values: readonly number[]): string {
    return this.#constant(`ints[${values}]`, 'int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  /** An int64 scalar. */
  int(value: number): string {
    return this.#constant(`int(${value})`, 'int64', [], BigInt64Array.of(BigInt(value)));
  }

  /** A float32 scalar. */
  scalar(value: number): string {
    return this.#constant(`scalar(${value})`, 'float', [], Float32Array.of(value));
  }

  cast(x: string, to: ElementType, outputs?: readonly string[]): string {
    return this.node('Cast', [x], {
      attributes: { to: { int: elementTypes[to] } },
      ...(outputs ? { outputs } : {}),
    });
  }

  transpose(x: string, perm: readonly number[], outputs?: readonly string[]): string {
    return this.node('Transpose', [x], {
      attributes: { perm: { ints: perm } },
      ...(outputs ? { outputs } : {}),
    });
  }

  unsqueeze(x: string, axes: readonly number[]): string {
    return axes.length === 0 ? x : this.node('Unsqueeze', [x, this.ints(axes)]);
  }

  reshape(x: string, extents: readonly Extent[], outputs?: readonly string[]): string {
    return this.node('Reshape', [x, this.target(extents, true)], outputs ? { outputs } : {});
  }

  /** A shape as an int64 vector. @param infer one open extent may be left to Reshape */
  target(extents: readonly Extent[], infer: boolean): string {
    const open = extents.filter(isOpen).length;
    if (open === 0 || (infer && open === 1))
      return this.ints(extents.map(extent => (isOpen(extent) ? -1 : extent.factor)));
    const key = extents.map(
      ({ factor, batch, sequence }) => `${factor}${batch ? 'b' : ''}${sequence ? 's' : ''}`,
    );
    return this.once(`target[${key}]`, () =>
      this.node(
        'Concat',
        extents.map(extent => this.#extent(extent)),
        { attributes: { axis: { int: 0 } } },
      ),
    );
  }

  /** An extent as an int64 vector of one. */
  #extent({ factor, batch, sequence }: Extent): string {
    const factors = [
      ...(batch ? [this.extentOf('input_ids', 0)] : []),
      ...(sequence ? [this.extentOf('input_ids', 1)] : []),
    ];
    if (factors.length === 0 || factor !== 1) factors.push(this.ints([factor]));
    return factors.reduce((a, b) => this.once(`product(${a},${b})`, () => this.node('Mul', [a, b])));
  }

  /** An extent of an input of the model, as an int64 vector of one. */
  extentOf(input: string, axis: number): string {
    return this.once(`extent(${input},${axis})`, () =>
      this.node('Shape', [input], { attributes: { start: { int: axis }, end: { int: axis + 1 } } }),
    );
  }

  /** A name that nothing has. */
  fresh(stem: string): string {
    for (;;) {
      const count = this.#taken.get(stem) ?? 0;
      this.#taken.set(stem, count + 1);
      const name = count === 0 ? stem : `${stem}_${count}`;
      if (!this.reserved.has(name) && !this.graph.values.has(name)) return name;
    }
  }

  #constant(key: string, type: ElementType, shape: Shape, data: BigInt64Array | Float32Array): string {
    return this.once(key, () => {
      const name = this.fresh(key);
      this.model.initializer(name, type, shape, new Uint8Array(data.buffer));
      return name;
    });
  }
}
