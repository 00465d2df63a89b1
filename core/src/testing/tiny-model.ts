import { linearModules } from '../graph/attach-lora.js';
import {
  type TinyDecoder,
  type TinyLayer,
  tinyDecoder,
  tinyDefaults,
} from '../graph/fixtures/tiny-decoder.js';
import { type Shape, sizeOf } from '../graph/graph.js';
import { LiveModel } from '../model/live-model.js';
import { freshLora, type LoraState } from '../model/lora-state.js';
import type { ModelConfig } from '../ports/checkpoint.js';
import type { Tracer } from '../ports/tracer.js';
import { createRng } from '../rng.js';
import { MemoryFormat, type MemoryModel } from './memory-format.js';

/** Traces the tiny decoder of core's tests: its config holds the sizes of every layer. */
export const tinyTracer: Tracer = {
  architectures: ['TinyDecoder'],
  trace: (config, tensors, shape) => tinyDecoder({ ...(config as Partial<TinyDecoder>), ...shape }, tensors),
  layers: config =>
    layersOf(config).map(({ kvHeads, queries, channels }) => ({
      heads: kvHeads * queries,
      kvHeads,
      channels,
    })),
  maxSequence: () => 64,
  resize(config, shapes) {
    const heads = (name: string): number => shapes.get(name)![0]! / sizesOf(config).headDim;
    const layers = layersOf(config).map((_, i): TinyLayer => {
      const path = `model.layers.${i}`;
      const kvHeads = heads(`${path}.self_attn.k_proj.weight`);
      return {
        kvHeads,
        queries: heads(`${path}.self_attn.q_proj.weight`) / kvHeads,
        channels: shapes.get(`${path}.mlp.gate_proj.weight`)![0]!,
      };
    });
    return { ...config, layers };
  },
};

const sizesOf = (config: ModelConfig): TinyDecoder => ({
  ...tinyDefaults,
  ...(config as Partial<TinyDecoder>),
});
const layersOf = (config: ModelConfig): readonly TinyLayer[] => sizesOf(config).layers;

/** Seeded float32 weights of a tiny decoder; norms are near 1. */
export const tinyModel = (options: Partial<TinyDecoder> = {}, seed = 1): MemoryModel => {
  const { batch: _, sequence: __, ...config } = { ...tinyDefaults, ...options };
  const draw = (name: string, shape: Shape): Float32Array => {
    const rng = createRng(seed).fork(name);
    const isNorm = name.includes('norm');
    return Float32Array.from({ length: sizeOf(shape) }, () =>
      isNorm ? 0.8 + 0.4 * rng.next() : 0.4 * rng.normal(),
    );
  };
  const { parameters } = tinyDecoder(config);
  return {
    config: { architectures: ['TinyDecoder'], ...config },
    tensors: new Map(
      [...parameters.values()].map(({ name, shape }) => [name, { shape, data: draw(name, shape) }]),
    ),
  };
};

/**
 * A tiny model with a LoRA on every linear layer but the head.
 * @param trained B of the LoRA is random instead of zero
 */
export const openTinyModel = async (
  options: Partial<TinyDecoder> = {},
  { rank = 2, scaling = 2, trained = true }: { rank?: number; scaling?: number; trained?: boolean } = {},
): Promise<LiveModel> => {
  const format = new MemoryFormat();
  format.models.set('tiny', tinyModel(options));
  const { config, tensors } = await format.open('tiny');
  const modules = linearModules(tinyTracer.trace(config, tensors, { batch: 1, sequence: 2 }));
  const adapted = new Map([...modules].filter(([module]) => module !== 'lm_head'));
  const lora = freshLora(adapted, { rank, scaling }, createRng(2));
  return new LiveModel({ config, tensors, tracer: tinyTracer, format }, trained ? withRandomB(lora) : lora);
};

const withRandomB = ({ specs, arrays }: LoraState): LoraState => ({
  specs,
  arrays: new Map(
    [...arrays].map(([name, data]) => {
      const rng = createRng(3).fork(name);
      return [name, name.includes('lora_B') ? data.map(() => 0.2 * rng.normal()) : data];
    }),
  ),
});
