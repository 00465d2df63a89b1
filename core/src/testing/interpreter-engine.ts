import { checkFeeds } from '../engine/check-feeds.js';
import { checkNames } from '../engine/check-names.js';
import { SecateurError } from '../errors.js';
import { differentiate, gradientRole } from '../graph/differentiate.js';
import { type DenseFeeds, evaluate } from '../graph/evaluate.js';
import { expandGraph } from '../graph/expand.js';
import { type Graph, outputOf, type TensorRef, valueNamed } from '../graph/graph.js';
import type { Dense } from '../graph/operator.js';
import { withoutDeadNodes } from '../graph/prune-dead.js';
import type {
  CompileOptions,
  Engine,
  EngineInfo,
  Executable,
  Feeds,
  RunResult,
  Tensor,
} from '../ports/engine.js';

/**
 * The reference interpreter as an engine: float64 inside, slow, obviously right, and without any dependency. For tests
 * of plugins on tiny models. Two runs on the same feeds give the same bits.
 */
export class InterpreterEngine implements Engine {
  /** @param read gives the elements of a stored parameter, e.g. a checkpoint format's `read` */
  constructor(private readonly read: (ref: TensorRef) => Promise<ArrayLike<number>>) {}

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Executable> {
    const { wrt = [], fed = [], precision = 'float32', form = 'fused', recompute = false } = options;
    if (options.quantised)
      throw new SecateurError('E_ENGINE', 'the interpreter has no form for quantised weights');
    checkNames(graph, wrt, fed);
    const forward = form === 'naive' ? expandGraph(graph).graph : graph;
    const whole = wrt.length > 0 ? differentiate(forward, { wrt, recompute: recompute === true }) : forward;
    const stored: Record<string, Dense> = {};
    for (const { name, shape, ref } of graph.parameters.values())
      if (ref && !fed.includes(name) && !wrt.includes(name))
        stored[name] = { shape, data: Float64Array.from(await this.read(ref)) };
    return new InterpreterExecutable(withoutDeadNodes(expandGraph(whole).graph), stored, wrt, precision);
  }

  info(): EngineInfo {
    return { name: 'interpreter', version: '1', device: 'cpu', threads: 1 };
  }

  async close(): Promise<void> {}
}

class InterpreterExecutable implements Executable {
  #released = false;

  constructor(
    private readonly graph: Graph,
    private readonly stored: DenseFeeds,
    private readonly wrt: readonly string[],
    private readonly precision: 'float32' | 'float64',
  ) {}

  async run(feeds: Feeds): Promise<RunResult> {
    if (this.#released) throw new SecateurError('E_ENGINE', 'the executable was released');
    const tensors = evaluate(this.graph, { ...this.stored, ...this.#checked(feeds) });
    const tensor = (role: string): Tensor => {
      const { name, shape } = outputOf(this.graph, role);
      const { data } = tensors.get(name)!;
      return { shape, data: this.precision === 'float32' ? Float32Array.from(data) : data.slice() };
    };
    const gradients = new Set(this.wrt.map(gradientRole));
    const roles = [...this.graph.outputs.keys()].filter(role => !gradients.has(role));
    return {
      outputs: Object.fromEntries(roles.map(role => [role, tensor(role)])),
      gradients: Object.fromEntries(this.wrt.map(name => [name, tensor(gradientRole(name))])),
    };
  }

  async release(): Promise<void> {
    this.#released = true;
  }

  #checked(feeds: Feeds): DenseFeeds {
    const wanted = [...this.graph.inputs, ...this.graph.parameters.keys()]
      .filter(name => !(name in this.stored))
      .map(name => valueNamed(this.graph, name));
    checkFeeds(wanted, feeds);
    return Object.fromEntries(
      wanted.map(({ name, shape }) => {
        const data = Float64Array.from(feeds[name]!.data as ArrayLike<number | bigint>, Number);
        return [name, { shape, data }];
      }),
    );
  }
}
