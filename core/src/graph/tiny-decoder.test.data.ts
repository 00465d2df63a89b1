import { GraphBuilder } from './builder.js';
import type { Graph } from './graph.js';
import { add } from './ops/add.js';
import { causalAttention } from './ops/causal-attention.js';
import { gather } from './ops/gather.js';
import { linear } from './ops/linear.js';
import { linearCrossEntropy } from './ops/linear-cross-entropy.js';
import { loraLinear } from './ops/lora-linear.js';
import { reshape } from './ops/reshape.js';
import { rmsNorm } from './ops/rms-norm.js';
import { rotaryEmbedding } from './ops/rotary-embedding.js';
import { siluGate } from './ops/silu-gate.js';

/** Extents of {@link tinyDecoder}. */
const [batch, length, width, heads, group, depth, channels, vocabulary] = [2, 3, 6, 2, 2, 4, 5, 7];

/**
 * One decoder block with grouped queries, LoRA on q_proj, tied embeddings and its loss: every composite in its place.
 * Inputs ids, targets [6], weights [6]; outputs `loss`, `nll`.
 */
export const tinyDecoder = (): Graph => {
  const g = new GraphBuilder();
  const tokens = batch * length;
  const ids = g.input('ids', [tokens], 'int64');
  const targets = g.input('targets', [tokens], 'int64');
  const weights = g.input('weights', [tokens]);
  const embedding = g.parameter('embed.weight', [vocabulary, width]);
  const angle = (i: number): number => Math.floor(i / (depth / 2)) / 10 ** (i % (depth / 2));
  const table = (name: string, f: (x: number) => number) =>
    g.constant(name, [length, depth / 2], () =>
      Float64Array.from({ length: (length * depth) / 2 }, (_, i) => f(angle(i))),
    );
  const cos = table('cos', Math.cos);
  const sin = table('sin', Math.sin);
  const norm = (path: string, x: typeof embedding) =>
    g.at(path, () => rmsNorm(g, x, g.parameter(`${path}.weight`, [width]), { epsilon: 1e-5 }));
  const project = (path: string, x: typeof embedding, out: number) =>
    g.at(path, () => linear(g, x, g.parameter(`${path}.weight`, [out, x.shape[1]!])));

  const x = g.at('embed', () => gather(g, embedding, ids));
  const h = norm('norm1', x);
  const q = g.at('attn.q_proj', () =>
    loraLinear(
      g,
      h,
      g.parameter('attn.q_proj.weight', [heads * group * depth, width]),
      g.parameter('attn.q_proj.lora_A', [2, width], { role: 'adapter' }),
      g.parameter('attn.q_proj.lora_B', [heads * group * depth, 2], { role: 'adapter' }),
      undefined,
      { scaling: 2 },
    ),
  );
  const k = project('attn.k_proj', h, heads * depth);
  const v = project('attn.v_proj', h, heads * depth);
  const attended = g.at('attn', () => {
    const queries = rotaryEmbedding(g, reshape(g, q, [batch, length, heads, group, depth]), cos, sin);
    const keys = rotaryEmbedding(g, reshape(g, k, [batch, length, heads, depth]), cos, sin);
    const values = reshape(g, v, [batch, length, heads, depth]);
    const o = causalAttention(g, queries, keys, values, { scale: depth ** -0.5 });
    return reshape(g, o, [tokens, heads * group * depth]);
  });
  const x1 = add(g, x, project('attn.o_proj', attended, width));
  const h1 = norm('norm2', x1);
  const gate = project('mlp.gate_proj', h1, channels);
  const up = project('mlp.up_proj', h1, channels);
  const mlp = g.at('mlp', () => siluGate(g, gate, up));
  const x2 = add(g, x1, project('mlp.down_proj', mlp, width));
  const { loss, nll } = g.at('lm_head', () => linearCrossEntropy(g, x2, embedding, targets, weights));
  g.output('loss', loss);
  g.output('nll', nll);
  return g.build();
};
