import { type ModelConfig, SecateurError } from '@secateur/core';
import type { Shape } from '@secateur/core/graph';
import { type LayerShape, readArchitecture } from './architecture.js';

/**
 * config.json for cut weights: the sizes of each layer are read off the shapes. Where all layers agree, the global
 * keys say it, as readers of the format know them; where they differ, `per_layer_config` holds a sparse
 * table of overrides (the form of transformers 5) and the global keys hold the largest.
 * @throws SecateurError E_MODEL_CONFIG when the shapes cannot be said in config.json
 */
export const resizeConfig = (config: ModelConfig, shapes: ReadonlyMap<string, Shape>): ModelConfig => {
  const model = readArchitecture(config);
  const rows = (name: string): number => {
    const extent = shapes.get(name)?.[0];
    if (extent === undefined) throw new Error(`no shape is given for ${name}`);
    return extent;
  };
  const layers = model.layers.map((_, i): LayerShape => {
    const path = `model.layers.${i}`;
    return {
      heads: heads(rows(`${path}.self_attn.q_proj.weight`), model.headDim, i),
      kvHeads: heads(rows(`${path}.self_attn.k_proj.weight`), model.headDim, i),
      intermediate: rows(`${path}.mlp.gate_proj.weight`),
    };
  });
  const largest = (key: keyof LayerShape): number => Math.max(...layers.map(layer => layer[key]));
  const top = { heads: largest('heads'), kvHeads: largest('kvHeads'), intermediate: largest('intermediate') };
  const { per_layer_config: _, ...rest } = config;
  const resized: Record<string, unknown> = {
    ...rest,
    num_attention_heads: top.heads,
    num_key_value_heads: top.kvHeads,
    head_dim: model.headDim,
    intermediate_size: top.intermediate,
  };
  const table = Object.fromEntries(
    layers.flatMap((layer, i) => {
      const own = {
        ...(layer.heads === top.heads ? {} : { num_attention_heads: layer.heads }),
        ...(layer.kvHeads === top.kvHeads ? {} : { num_key_value_heads: layer.kvHeads }),
        ...(layer.intermediate === top.intermediate ? {} : { intermediate_size: layer.intermediate }),
      };
      return Object.keys(own).length > 0 ? [[String(i), own] as const] : [];
    }),
  );
  return Object.keys(table).length > 0 ? { ...resized, per_layer_config: table } : resized;
};

const heads = (rows: number, headDim: number, layer: number): number => {
  if (rows % headDim !== 0)
    throw new SecateurError(
      'E_MODEL_CONFIG',
      `layer ${layer} keeps ${rows} rows of q or k, not a multiple of head_dim ${headDim}`,
      {
        hint: 'remove whole heads: prune.kinds must not name head-dim',
      },
    );
  return rows / headDim;
};
