import { createRng, type Feeds, type Tensor } from '@secateur/core';
import {
  add,
  causalAttention,
  type DenseFeeds,
  type Graph,
  GraphBuilder,
  gather,
  linear,
  linearCrossEntropy,
  loraLinear,
  mul,
  reshape,
  rmsNorm,
  rotaryEmbedding,
  type Shape,
  siluGate,
  sizeOf,
  type TensorRef,
  type Value,
} from '@secateur/core/graph';

export interface DecoderSizes {
  readonly batch: number;
  readonly sequence: number;
  /** `kvHeads · groups · headSize`. */
  readonly width: number;
  readonly kvHeads: number;
  /** Query heads per KV head. */
  readonly groups: number;
  readonly headSize: number;
  /** Keys that a query sees. */
  readonly window: number;
  readonly ff: number;
  readonly vocabulary: number;
  readonly rank: number;
}

/** What the gradients are taken by: LoRA, gates, and base weights of every kind. */
export const trained: readonly string[] = [
  ...['q', 'k', 'v', 'o', 'gate', 'up', 'down'].flatMap(name => [`${name}.lora_A`, `${name}.lora_B`]),
  'gate.heads',
  'gate.channels',
  'q.weight',
  'q.bias',
  'down.weight',
  'norm.weight',
  'head.weight',
];

/** One decoder layer between embedding and loss: every composite, LoRA everywhere, gates per sequence. */
export const decoder = (
  { batch, sequence, width, kvHeads, groups, headSize, window, ff, vocabulary, rank }: DecoderSizes,
  refOf: (name: string, shape: Shape) => TensorRef | undefined = () => undefined,
): Graph => {
  const tokens = batch * sequence;
  const g = new GraphBuilder();
  const weight = (name: string, ...shape: number[]): Value => {
    const ref = refOf(name, shape);
    return g.parameter(name, shape, ref ? { ref } : {});
  };
  const project = (name: string, x: Value, out: number, bias?: Value): Value => {
    const a = g.parameter(`${name}.lora_A`, [rank, x.shape[1]!], { role: 'adapter' });
    const b = g.parameter(`${name}.lora_B`, [out, rank], { role: 'adapter' });
    return loraLinear(g, x, weight(`${name}.weight`, out, x.shape[1]!), a, b, bias, { scaling: 1.7 });
  };
  const half = headSize / 2;
  const table = (key: string, f: (x: number) => number): Value =>
    g.constant(key, [sequence, half], () =>
      Float64Array.from({ length: sequence * half }, (_, i) =>
        f(Math.floor(i / half) / 100 ** ((i % half) / half)),
      ),
    );
  const ids = g.input('ids', [batch, sequence], 'int64');
  const cos = table('cos', Math.cos);
  const sin = table('sin', Math.sin);
  const heads = (x: Value, ...shape: number[]): Value => reshape(g, x, [batch, sequence, ...shape, headSize]);

  const x = reshape(g, gather(g, weight('embedding.weight', vocabulary, width), ids), [tokens, width]);
  const h = rmsNorm(g, x, weight('norm.weight', width), { epsilon: 1e-5 });
  const q = rotaryEmbedding(
    g,
    heads(project('q', h, width, weight('q.bias', width)), kvHeads, groups),
    cos,
    sin,
  );
  const k = rotaryEmbedding(g, heads(project('k', h, kvHeads * headSize), kvHeads), cos, sin);
  const v = heads(project('v', h, kvHeads * headSize), kvHeads);
  const mixed = causalAttention(g, q, k, v, { scale: 1 / Math.sqrt(headSize), window });
  const kept = mul(g, mixed, g.input('gate.heads', [batch, 1, kvHeads, groups, 1]));
  const y = add(g, x, project('o', reshape(g, kept, [tokens, width]), width));

  const m = rmsNorm(g, y, weight('norm2.weight', width), { epsilon: 1e-5, count: width + 2 });
  const hidden = siluGate(g, project('gate', m, ff), project('up', m, ff));
  const gated = mul(g, reshape(g, hidden, [batch, sequence, ff]), g.input('gate.channels', [batch, 1, ff]));
  const z = add(g, y, project('down', reshape(g, gated, [tokens, ff]), width));
  const last = linear(g, z, weight('last.weight', width, width), weight('last.bias', width));

  const targets = g.input('targets', [tokens], 'int64');
  const { loss, nll } = linearCrossEntropy(
    g,
    last,
    weight('head.weight', vocabulary, width),
    targets,
    g.input('weights', [tokens]),
  );
  g.output('loss', loss);
  g.output('nll', nll);
  return g.build();
};

/** Random float32 numbers for all inputs and parameters. */
export const denseFeeds = (graph: Graph): DenseFeeds => {
  const rng = createRng(7);
  const [vocabulary] = graph.values.get('head.weight')!.shape as [number];
  const one = (name: string): [string, DenseFeeds[string]] => {
    const { shape, dtype } = graph.values.get(name)!;
    const stream = rng.fork(name);
    const scale = Math.min(0.4, 0.6 / Math.sqrt(shape.at(-1)!));
    const draw = (): number =>
      dtype === 'int64'
        ? stream.integer(vocabulary)
        : Math.fround(/^(gate|norm|weights)/.test(name) ? 0.5 + stream.next() : scale * stream.normal());
    return [name, { shape, data: Float64Array.from({ length: sizeOf(shape) }, draw) }];
  };
  return Object.fromEntries([...graph.inputs, ...graph.parameters.keys()].map(one));
};

/** The same numbers as feeds of an engine; only the named ones, or all. */
export const engineFeeds = (graph: Graph, dense: DenseFeeds, names = Object.keys(dense)): Feeds =>
  Object.fromEntries(
    names.map(name => {
      const { shape, data } = dense[name]!;
      const isInteger = graph.values.get(name)!.dtype === 'int64';
      const tensor: Tensor = {
        shape,
        data: isInteger ? BigInt64Array.from(data, BigInt) : Float32Array.from(data),
      };
      return [name, tensor];
    }),
  );
