import {
  add,
  causalAttention,
  type Graph,
  GraphBuilder,
  gather,
  linearCrossEntropy,
  loraLinear,
  mul,
  reshape,
  rmsNorm,
  rotaryEmbedding,
  type Shape,
  siluGate,
  type TensorRef,
  type Value,
} from '@secateur/core/graph';
import type { Size } from './sizes.js';

/** Where the weights lie; undefined for weights that are fed. */
export type FindWeight = (name: string, shape: Shape) => TensorRef | undefined;

export interface Decoder {
  readonly graph: Graph;
  /** LoRA matrices and gates: what a step differentiates by. */
  readonly trained: readonly string[];
}

const epsilon = 1e-5;

/**
 * A LLaMA decoder with LoRA on all seven projections, a gate per sequence and query head, and a gate per sequence
 * and MLP channel.
 */
export const decoder = (size: Size, rank: number, find: FindWeight): Decoder => {
  const { width, layers, heads, kvHeads, ff, vocabulary, batch, sequence } = size;
  const g = new GraphBuilder();
  const headSize = width / heads;
  const groups = heads / kvHeads;
  const tokens = batch * sequence;
  const trained: string[] = [];

  const weight = (name: string, shape: Shape): Value => {
    const ref = find(name, shape);
    return g.parameter(name, shape, ref ? { ref } : {});
  };
  const norm = (path: string, x: Value): Value =>
    g.at(path, () => rmsNorm(g, x, weight(`${path}.weight`, [width]), { epsilon }));
  const project = (path: string, x: Value, out: number): Value =>
    g.at(path, () => {
      const input = x.shape[1]!;
      const a = g.parameter(`${path}.lora_A`, [rank, input], { role: 'adapter' });
      const b = g.parameter(`${path}.lora_B`, [out, rank], { role: 'adapter' });
      trained.push(a.name, b.name);
      return loraLinear(g, x, weight(`${path}.weight`, [out, input]), a, b, undefined, { scaling: 2 });
    });
  const gate = (name: string, shape: Shape): Value => {
    trained.push(name);
    return g.input(name, shape);
  };

  const ids = g.input('ids', [batch, sequence], 'int64');
  const targets = g.input('targets', [tokens], 'int64');
  const weights = g.input('weights', [tokens]);
  const [cos, sin] = rotaryTables(g, sequence, headSize);

  let x = reshape(g, gather(g, weight('model.embed_tokens.weight', [vocabulary, width]), ids), [
    tokens,
    width,
  ]);
  for (let layer = 0; layer < layers; layer++) {
    const path = `model.layers.${layer}`;
    const h = norm(`${path}.input_layernorm`, x);
    const split = (name: string, n: number): Value =>
      reshape(g, project(`${path}.self_attn.${name}`, h, n * headSize), [batch, sequence, n, headSize]);
    const q = rotaryEmbedding(g, split('q_proj', heads), cos, sin);
    const k = rotaryEmbedding(g, split('k_proj', kvHeads), cos, sin);
    const v = split('v_proj', kvHeads);
    const grouped = reshape(g, q, [batch, sequence, kvHeads, groups, headSize]);
    const mixed = causalAttention(g, grouped, k, v, { scale: headSize ** -0.5 });
    const gatedHeads = mul(g, mixed, gate(`${path}.gate.heads`, [batch, 1, kvHeads, groups, 1]));
    x = add(g, x, project(`${path}.self_attn.o_proj`, reshape(g, gatedHeads, [tokens, width]), width));

    const m = norm(`${path}.post_attention_layernorm`, x);
    const hidden = siluGate(
      g,
      project(`${path}.mlp.gate_proj`, m, ff),
      project(`${path}.mlp.up_proj`, m, ff),
    );
    const channels = mul(
      g,
      reshape(g, hidden, [batch, sequence, ff]),
      gate(`${path}.gate.channels`, [batch, 1, ff]),
    );
    x = add(g, x, project(`${path}.mlp.down_proj`, reshape(g, channels, [tokens, ff]), width));
  }
  const last = norm('model.norm', x);
  const { loss } = linearCrossEntropy(
    g,
    last,
    weight('lm_head.weight', [vocabulary, width]),
    targets,
    weights,
  );
  g.output('loss', loss);
  return { graph: g.build(), trained };
};

/** cos and sin of position · 10000^(-2i/D), [S, D/2] each. */
const rotaryTables = (g: GraphBuilder, sequence: number, headSize: number): [Value, Value] => {
  const half = headSize / 2;
  const table = (key: string, f: (x: number) => number): Value =>
    g.constant(key, [sequence, half], () =>
      Float64Array.from({ length: sequence * half }, (_, n) =>
        f(Math.floor(n / half) * 1e4 ** (-(n % half) / half)),
      ),
    );
  return [table('rope.cos', Math.cos), table('rope.sin', Math.sin)];
};
