import type { GraphBuilder } from './builder.js';
import type { Graph, Value } from './graph.js';
import { layerOf } from './layer-of.js';
import { add } from './ops/add.js';
import { div } from './ops/div.js';
import { mul } from './ops/mul.js';
import { reduceSum } from './ops/reduce-sum.js';
import { reshape } from './ops/reshape.js';
import { sqrt } from './ops/sqrt.js';
import { pieces } from './pieces.js';
import { rebuild } from './rebuild.js';

/** Output role that holds the summed similarity of a layer's hidden states. */
export const similarityName = (layer: number): string => `block similarity:${layer}`;

/** Keeps 0 / 0 from being no number where a hidden state is all zero. */
const TINY = 1e-30;

/**
 * Adds, for each layer, the sum over tokens of the cosine between the hidden states before and behind it, [] (ShortGPT,
 * arXiv 2403.03853). Input `present` float [T] is 1 where a position holds text. The nodes stand right behind the
 * layer, so that the graph keeps its waists.
 */
export const observeBlocks = (graph: Graph): Graph => {
  const layers = new Map(
    pieces(graph).flatMap(({ path, entry, exit }) => {
      const layer = layerOf(path);
      return layer === undefined || entry === undefined || exit === undefined
        ? []
        : [[exit, { layer, entry }] as const];
    }),
  );
  const hidden = new Set([...layers].flatMap(([exit, { entry }]) => [entry, exit]));
  const made = new Map<string, Value>();
  const seen = new Map<string, Value>();
  return rebuild(
    graph,
    (g, node, inputs) => {
      const name = node.outputs.find(output => hidden.has(output));
      if (name === undefined) return undefined;
      const outputs = g.apply(node.op, inputs, node.attributes, node.outputs);
      const exit = outputs[node.outputs.indexOf(name)]!;
      made.set(name, exit);
      const own = layers.get(name);
      if (own) {
        const present = g.input('present', [exit.shape[0]!]);
        seen.set(similarityName(own.layer), similarity(g, made.get(own.entry)!, exit, present));
      }
      return outputs;
    },
    g => {
      for (const [name, value] of seen) g.output(name, value);
    },
  );
};

/** Σ_t present_t · ⟨a_t, b_t⟩ / (‖a_t‖ ‖b_t‖). */
const similarity = (g: GraphBuilder, a: Value, b: Value, present: Value): Value => {
  const dot = (x: Value, y: Value): Value => reduceSum(g, mul(g, x, y), [1]);
  const norms = sqrt(g, mul(g, dot(a, a), dot(b, b)));
  const cosine = div(g, dot(a, b), add(g, norms, g.scalar(TINY)));
  return reduceSum(g, mul(g, cosine, reshape(g, present, cosine.shape)), [0]);
};
