import type {
  Attributes,
  Constant,
  DType,
  Graph,
  Node,
  Parameter,
  Shape,
  TensorRef,
  Value,
} from './graph.js';
import { sizeOf } from './graph.js';
import { operatorOf } from './ops/index.js';

/**
 * Makes a graph, node by node. Shapes are inferred as nodes are added, so a mismatch fails where it is made.
 *
 * ```ts
 * const g = new GraphBuilder();
 * const x = g.input('x', [4, 8]);
 * const w = g.parameter('w', [16, 8]);
 * g.output('y', linear(g, x, w));
 * const graph = g.build();
 * ```
 */
export class GraphBuilder {
  readonly #values = new Map<string, Value>();
  readonly #inputs: string[] = [];
  readonly #parameters = new Map<string, Parameter>();
  readonly #constants = new Map<string, Constant>();
  readonly #nodes: Node[] = [];
  readonly #outputs = new Map<string, string>();
  readonly #interned = new Map<string, Value>();
  readonly #taken = new Map<string, number>();
  readonly #reserved = new Set<string>();
  #path = '';

  /** Starts from an existing graph: all its values are there, and new nodes are added behind its own. */
  static from(graph: Graph): GraphBuilder {
    const g = new GraphBuilder();
    for (const [name, value] of graph.values) g.#values.set(name, value);
    g.#inputs.push(...graph.inputs);
    for (const [name, parameter] of graph.parameters) g.#parameters.set(name, parameter);
    for (const [name, constant] of graph.constants) {
      g.#constants.set(name, constant);
      g.#interned.set(name, constant);
    }
    g.#nodes.push(...graph.nodes);
    for (const [role, name] of graph.outputs) g.#outputs.set(role, name);
    return g;
  }

  /** A tensor that is fed at every run. The same name again is the same input. */
  input(name: string, shape: Shape, dtype: DType = 'float'): Value {
    const known = this.#inputs.includes(name) ? this.#values.get(name)! : undefined;
    if (known?.dtype === dtype && known.shape.join() === shape.join()) return known;
    const value = this.#declare({ name, dtype, shape });
    this.#inputs.push(name);
    return value;
  }

  /** A weight; see {@link Parameter}. Default role: `base`. */
  parameter(name: string, shape: Shape, options: { ref?: TensorRef; role?: Parameter['role'] } = {}): Value {
    const known = this.#parameters.get(name);
    if (known) return known; // tied weights are one parameter, met twice
    const parameter: Parameter = {
      name,
      dtype: 'float',
      shape,
      role: options.role ?? 'base',
      ...(options.ref ? { ref: options.ref } : {}),
    };
    this.#declare(parameter);
    this.#parameters.set(name, parameter);
    return parameter;
  }

  /** A tensor known now. The same key gives the same constant. */
  constant(key: string, shape: Shape, data: () => Float64Array, dtype: DType = 'float'): Value {
    const known = this.#interned.get(key);
    if (known) return known;
    const values = data();
    if (values.length !== sizeOf(shape))
      throw new Error(`constant ${key}: ${values.length} elements for shape [${shape}]`);
    const constant: Constant = { name: this.#fresh(key), dtype, shape, data: values };
    this.#declare(constant);
    this.#constants.set(constant.name, constant);
    this.#interned.set(key, constant);
    return constant;
  }

  /** Takes a constant of another graph under its name. */
  adopt(constant: Constant): Constant {
    this.#declare(constant);
    this.#constants.set(constant.name, constant);
    this.#interned.set(constant.name, constant);
    return constant;
  }

  /** A scalar constant. */
  scalar(x: number): Value {
    return this.constant(`scalar(${x})`, [], () => Float64Array.of(x));
  }

  /** Applies an operator; returns its outputs. Optional inputs may be undefined. */
  apply(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    names?: readonly string[],
  ): Value[] {
    const operator = operatorOf(op);
    const types = operator.infer(inputs, attributes);
    const stem = this.#path === '' ? op : `${this.#path}/${op}`;
    const outputs = types.map(({ dtype, shape }, i) =>
      this.#declare({ name: names?.[i] ?? this.#fresh(i === 0 ? stem : `${stem}:${i}`), dtype, shape }),
    );
    this.#nodes.push({
      op,
      inputs: inputs.map(input => input?.name ?? ''),
      outputs: outputs.map(output => output.name),
      attributes,
      path: this.#path,
    });
    return outputs;
  }

  /** Nodes made inside carry this module path. */
  at<T>(path: string, make: () => T): T {
    const outer = this.#path;
    this.#path = path;
    try {
      return make();
    } finally {
      this.#path = outer;
    }
  }

  /** Names a value as an output of the graph. */
  output(role: string, value: Value): void {
    this.#outputs.set(role, value.name);
  }

  /** Takes an output away again. */
  dropOutput(role: string): void {
    this.#outputs.delete(role);
  }

  /** Keeps names free for nodes to come that are added with them: no value gets one of these by itself. */
  reserve(names: Iterable<string>): void {
    for (const name of names) this.#reserved.add(name);
  }

  build(): Graph {
    return {
      values: this.#values,
      inputs: this.#inputs,
      parameters: this.#parameters,
      constants: this.#constants,
      nodes: this.#nodes,
      outputs: this.#outputs,
    };
  }

  #declare<V extends Value>(value: V): V {
    if (this.#values.has(value.name)) throw new Error(`the graph already has a value named "${value.name}"`);
    this.#values.set(value.name, value);
    return value;
  }

  #fresh(stem: string): string {
    let count = this.#taken.get(stem) ?? 0;
    let name = count === 0 ? stem : `${stem}.${count}`;
    while (this.#values.has(name) || this.#reserved.has(name)) name = `${stem}.${++count}`;
    this.#taken.set(stem, count + 1);
    return name;
  }
}
