import { type ModelConfig, SecateurError } from '@secateur/core';
import type { Shape } from '@secateur/core/graph';
import { type Architecture, type LayerShape, readArchitecture } from './architecture.js';

/**
 * config.json for cut weights: the sizes of each layer are read off the shapes. Where all layers agree, the global
 * keys say it, as readers of the format know them; where they differ, `per_layer_config` holds a sparse
 * table of overrides (the form of transformers 5) and the global keys hold the largest. A part that a layer lacked
 * before, it lacks afterwards.
 * @throws SecateurError E_MODEL_CONFIG when the shapes cannot be said in config.json
 */
export const resizeConfig = (config: ModelConfig, shapes: ReadonlyMap<string, Shape>): ModelConfig => {
  const model = readArchitecture(config);
  return withLayerShapes(config, model.headDim, layerShapes(model, shapes));
};

/** Sizes of the layers, read off the shapes of their parameters. */
export const layerShapes = (
  { layers, headDim }: Architecture,
  shapes: ReadonlyMap<string, Shape>,
): readonly LayerShape[] => {
  const rows = (name: string): number => {
    const extent = shapes.get(name)?.[0];
    if (extent === undefined) throw new Error(`no shape is given for ${name}`);
    return extent;
  };
  return layers.map(({ heads, intermediate }, i): LayerShape => {
    const path = `model.layers.${i}`;
    const headsOf = (name: string): number =>
      heads === 0 ? 0 : wholeHeads(rows(`${path}.self_attn.${name}.weight`), headDim, i);
    const left = headsOf('q_proj');
    return {
      heads: left,
      // Keys and values that no query reads go with the queries.
      kvHeads: left === 0 ? 0 : headsOf('k_proj'),
      intermediate: intermediate === 0 ? 0 : rows(`${path}.mlp.gate_proj.weight`),
    };
  });
};

/** config.json with layers of these sizes. */
export const withLayerShapes = (
  config: ModelConfig,
  headDim: number,
  layers: readonly LayerShape[],
): ModelConfig => {
  const largest = (key: keyof LayerShape): number => Math.max(...layers.map(layer => layer[key]));
  const top = { heads: largest('heads'), kvHeads: largest('kvHeads'), intermediate: largest('intermediate') };
  const { per_layer_config: _, ...rest } = config;
  // Where every layer lacks a part, the global keys keep what they said.
  const resized: Record<string, unknown> = {
    ...rest,
    ...(top.heads > 0 ? { num_attention_heads: top.heads, num_key_value_heads: top.kvHeads } : {}),
    head_dim: headDim,
    ...(top.intermediate > 0 ? { intermediate_size: top.intermediate } : {}),
  };
  const table = Object.fromEntries(
    layers.flatMap((layer, i) => {
      const own = overridesOf(layer, top);
      return Object.keys(own).length > 0 ? [[String(i), own] as const] : [];
    }),
  );
  return Object.keys(table).length > 0 ? { ...resized, per_layer_config: table } : resized;
};

const overridesOf = (layer: LayerShape, top: LayerShape): Readonly<Record<string, unknown>> => {
  const skip = [...(layer.heads === 0 ? ['attention'] : []), ...(layer.intermediate === 0 ? ['mlp'] : [])];
  const differs = (key: keyof LayerShape): boolean => layer[key] !== 0 && layer[key] !== top[key];
  return {
    ...(differs('heads') ? { num_attention_heads: layer.heads } : {}),
    ...(differs('kvHeads') ? { num_key_value_heads: layer.kvHeads } : {}),
    ...(differs('intermediate') ? { intermediate_size: layer.intermediate } : {}),
    ...(skip.length > 0 ? { skip } : {}),
  };
};

const wholeHeads = (rows: number, headDim: number, layer: number): number => {
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
