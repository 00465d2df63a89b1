import type { Graph, Shape, Value } from './graph.js';
import { valueNamed } from './graph.js';
import { rebuild } from './rebuild.js';

/** A LoRA to attach to one linear layer: y = x Wᵀ + scaling · (x Aᵀ) Bᵀ (arXiv 2106.09685). */
export interface LoraSpec {
  readonly rank: number;
  readonly scaling: number;
}

/** Names of the two factors of a module. */
export const loraNames = (module: string): { readonly a: string; readonly b: string } => ({
  a: `${module}.lora_A.weight`,
  b: `${module}.lora_B.weight`,
});

/** Linear layers of a graph by module path, with the shape [out, in] of their weight. */
export const linearModules = (graph: Graph): ReadonlyMap<string, Shape> =>
  new Map(
    graph.nodes
      .filter(node => node.op === 'Linear')
      .map(node => [node.path, valueNamed(graph, node.inputs[1]!).shape] as const),
  );

/**
 * Turns each named Linear into a LoraLinear with adapter parameters A [r, in] and B [out, r], which must be fed.
 * Throws a plain Error for a module that the graph lacks.
 */
export const attachLora = (graph: Graph, specs: ReadonlyMap<string, LoraSpec>): Graph => {
  const known = linearModules(graph);
  for (const module of specs.keys())
    if (!known.has(module)) throw new Error(`the graph has no linear layer "${module}"`);
  return rebuild(graph, (g, node, inputs) => {
    const spec = node.op === 'Linear' ? specs.get(node.path) : undefined;
    if (!spec) return undefined;
    const [x, w, bias] = inputs as [Value, Value, Value | undefined];
    const names = loraNames(node.path);
    const a = g.parameter(names.a, [spec.rank, w.shape[1]!], { role: 'adapter' });
    const b = g.parameter(names.b, [w.shape[0]!, spec.rank], { role: 'adapter' });
    const [y] = g.apply('LoraLinear', bias ? [x, w, a, b, bias] : [x, w, a, b], { scaling: spec.scaling });
    return [y!];
  });
};
