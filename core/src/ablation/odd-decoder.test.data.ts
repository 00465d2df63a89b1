import { GraphBuilder } from '../graph/builder.js';
import type { Graph, TensorRef, Value } from '../graph/graph.js';
import { sizeOf } from '../graph/graph.js';
import { add } from '../graph/ops/add.js';
import { causalAttention } from '../graph/ops/causal-attention.js';
import { gather } from '../graph/ops/gather.js';
import { linear } from '../graph/ops/linear.js';
import { reshape } from '../graph/ops/reshape.js';
import { rmsNorm } from '../graph/ops/rms-norm.js';
import { siluGate } from '../graph/ops/silu-gate.js';
import { LiveModel } from '../model/live-model.js';
import type { Tracer, TraceShape } from '../ports/tracer.js';
import { createRng } from '../rng.js';
import { MemoryFormat } from '../testing/memory-format.js';

/**
 * Decoders that are no LLaMA: `parallel` has attention and MLP side by side, as GPT-J does; `shared` has two layers of
 * the same weights, as ALBERT does; `without attention` has MLPs alone.
 */
export const oddKinds = ['parallel', 'shared', 'without attention'] as const;
export type OddKind = (typeof oddKinds)[number];

const [hidden, heads, headDim, channels, vocabulary] = [8, 2, 4, 6, 11];

const oddDecoder = (
  kind: OddKind,
  { batch, sequence }: TraceShape,
  refs?: ReadonlyMap<string, TensorRef>,
): Graph => {
  const g = new GraphBuilder();
  const weight = (name: string, ...shape: number[]): Value => {
    const ref = refs?.get(name);
    return g.parameter(name, shape, ref ? { ref } : {});
  };
  const project = (x: Value, module: string, out: number): Value =>
    g.at(module, () => linear(g, x, weight(`${module}.weight`, out, x.shape[1]!)));
  const norm = (x: Value, module: string): Value =>
    rmsNorm(g, x, weight(`${module}.weight`, hidden), { epsilon: 1e-5 });
  const attention = (h: Value, path: string): Value => {
    const split = (name: string): Value =>
      reshape(g, project(h, `${path}.${name}`, heads * headDim), [batch, sequence, heads, headDim]);
    const q = reshape(g, split('q'), [batch, sequence, heads, 1, headDim]);
    const mixed = causalAttention(g, q, split('k'), split('v'), { scale: 0.5 });
    return project(reshape(g, mixed, [batch * sequence, heads * headDim]), `${path}.o`, hidden);
  };
  const mlp = (h: Value, path: string): Value =>
    project(
      siluGate(g, project(h, `${path}.gate`, channels), project(h, `${path}.up`, channels)),
      `${path}.down`,
      hidden,
    );

  const ids = g.input('input_ids', [batch, sequence], 'int64');
  let x = reshape(g, gather(g, weight('embed.weight', vocabulary, hidden), ids), [batch * sequence, hidden]);
  for (const i of [0, 1]) {
    const path = `layers.${kind === 'shared' ? 0 : i}`;
    const h = norm(x, `${path}.norm`);
    if (kind === 'parallel') x = add(g, x, add(g, attention(h, `${path}.attn`), mlp(h, `${path}.mlp`)));
    else {
      const y = kind === 'shared' ? add(g, x, attention(h, `${path}.attn`)) : x;
      x = add(g, y, mlp(norm(y, `${path}.norm2`), `${path}.mlp`));
    }
  }
  g.output(
    'logits',
    g.at('head', () => linear(g, norm(x, 'norm'), weight('head.weight', vocabulary, hidden))),
  );
  return g.build();
};

/** Such a decoder with seeded weights. */
export const openOdd = async (kind: OddKind): Promise<LiveModel> => {
  const graph = oddDecoder(kind, { batch: 1, sequence: 2 });
  const format = new MemoryFormat();
  const tensors = [...graph.parameters.values()].map(({ name, shape }) => {
    const rng = createRng(4).fork(name);
    const mean = name.includes('norm') ? 1 : 0;
    const data = Float32Array.from({ length: sizeOf(shape) }, () => mean + 0.4 * rng.normal());
    return [name, { shape, data }] as const;
  });
  format.models.set('odd', { config: {}, tensors: new Map(tensors) });
  const checkpoint = await format.open('odd');
  const tracer = { trace: (_, refs, shape) => oddDecoder(kind, shape, refs) } as Partial<Tracer> as Tracer;
  return new LiveModel({ ...checkpoint, tracer, format }, { specs: new Map(), arrays: new Map() });
};
