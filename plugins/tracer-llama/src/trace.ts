import type { ModelConfig, TraceShape } from '@secateur/core';
import {
  add,
  causalAttention,
  type Graph,
  GraphBuilder,
  gather,
  linear,
  reshape,
  rmsNorm,
  rotaryEmbedding,
  siluGate,
  type TensorRef,
  type Value,
} from '@secateur/core/graph';
import { type Architecture, type LayerShape, readArchitecture } from './architecture.js';
import { ropeFrequencies, ropeTable } from './rope.js';
import { Weights } from './weights.js';

/**
 * The graph of a decoder: input `input_ids` int64 [batch, sequence], output `logits` [batch · sequence, vocabulary].
 * Activations are matrices [batch · sequence, size]; heads are axes of their own inside the attention.
 * @throws SecateurError E_MODEL_ARCHITECTURE, E_MODEL_CONFIG, E_TENSOR_MISSING, E_TENSOR_DTYPE, E_TENSOR_SHAPE
 */
export const traceDecoder = (
  config: ModelConfig,
  tensors: ReadonlyMap<string, TensorRef>,
  shape: TraceShape,
): Graph => {
  const model = readArchitecture(config);
  const g = new GraphBuilder();
  const weights = new Weights(g, tensors);
  const decoder = new Decoder(g, model, weights, shape);
  g.output('logits', decoder.logits());
  weights.checkAllTaken(model.tied);
  return g.build();
};

class Decoder {
  readonly #cos: Value;
  readonly #sin: Value;

  constructor(
    private readonly g: GraphBuilder,
    private readonly model: Architecture,
    private readonly weights: Weights,
    private readonly shape: TraceShape,
  ) {
    const { headDim, rope } = model;
    const table = (name: 'cos' | 'sin'): Value =>
      g.constant(`rope/${name}`, [shape.sequence, headDim / 2], () =>
        ropeTable(Math[name], shape.sequence, ropeFrequencies(headDim, rope)),
      );
    this.#cos = table('cos');
    this.#sin = table('sin');
  }

  logits(): Value {
    const { g, model, shape } = this;
    const ids = g.input('input_ids', [shape.batch, shape.sequence], 'int64');
    const table = this.weights.take('model.embed_tokens.weight', [model.vocabulary, model.hidden]);
    let x = g.at('model.embed_tokens', () =>
      reshape(g, gather(g, table, ids), [shape.batch * shape.sequence, model.hidden]),
    );
    model.layers.forEach((layer, i) => {
      const path = `model.layers.${i}`;
      if (layer.heads > 0)
        x = this.#residual(x, this.#attention(this.#norm(x, `${path}.input_layernorm`), layer, i), path);
      if (layer.intermediate > 0)
        x = this.#residual(
          x,
          this.#mlp(this.#norm(x, `${path}.post_attention_layernorm`), layer, `${path}.mlp`),
          path,
        );
    });
    const out = this.#norm(x, 'model.norm');
    const head = model.tied ? table : this.weights.take('lm_head.weight', [model.vocabulary, model.hidden]);
    return g.at('lm_head', () => linear(g, out, head));
  }

  #residual(x: Value, y: Value, path: string): Value {
    return this.g.at(path, () => add(this.g, x, y));
  }

  #norm(x: Value, path: string): Value {
    const weight = this.weights.take(`${path}.weight`, [x.shape.at(-1)!]);
    return this.g.at(path, () => rmsNorm(this.g, x, weight, { epsilon: this.model.epsilon }));
  }

  #project(x: Value, path: string, size: number, bias: boolean): Value {
    const weight = this.weights.take(`${path}.weight`, [size, x.shape[1]!]);
    const offset = bias ? this.weights.take(`${path}.bias`, [size]) : undefined;
    return this.g.at(path, () => linear(this.g, x, weight, offset));
  }

  #attention(x: Value, { heads, kvHeads }: LayerShape, layer: number): Value {
    const { g, model } = this;
    const { batch, sequence } = this.shape;
    const path = `model.layers.${layer}.self_attn`;
    const { headDim, bias } = model;
    const q = this.#project(x, `${path}.q_proj`, heads * headDim, bias.qkv);
    const k = this.#project(x, `${path}.k_proj`, kvHeads * headDim, bias.qkv);
    const v = this.#project(x, `${path}.v_proj`, kvHeads * headDim, bias.qkv);
    const open = (value: Value, ...sizes: number[]): Value =>
      reshape(g, value, [batch, sequence, ...sizes, headDim]);
    const out = g.at(path, () => {
      const queries = this.#rotate(this.#headNorm(open(q, kvHeads, heads / kvHeads), `${path}.q_norm`));
      const keys = this.#rotate(this.#headNorm(open(k, kvHeads), `${path}.k_norm`));
      const mixed = causalAttention(g, queries, keys, open(v, kvHeads), {
        scale: headDim ** -0.5,
        window: model.windows[layer]!,
      });
      return reshape(g, mixed, [batch * sequence, heads * headDim]);
    });
    return this.#project(out, `${path}.o_proj`, model.hidden, bias.output);
  }

  #headNorm(x: Value, path: string): Value {
    return this.model.queryKeyNorm ? this.#norm(x, path) : x;
  }

  #rotate(x: Value): Value {
    return rotaryEmbedding(this.g, x, this.#cos, this.#sin);
  }

  #mlp(x: Value, { intermediate }: LayerShape, path: string): Value {
    const { bias, hidden } = this.model;
    const gate = this.#project(x, `${path}.gate_proj`, intermediate, bias.mlp);
    const up = this.#project(x, `${path}.up_proj`, intermediate, bias.mlp);
    const h = this.g.at(path, () => siluGate(this.g, gate, up));
    return this.#project(h, `${path}.down_proj`, hidden, bias.mlp);
  }
}
