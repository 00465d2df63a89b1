import { type LayerSizes, SecateurError } from '@secateur/core';

/** llama.cpp's LLAMA_MAX_LAYERS. */
const MOST_LAYERS = 512;
/** Neurons that stand for a missing MLP: a block of Q8_0, so that no row falls back to another type. */
const ZERO_NEURONS = 32;

/** A layer as the file has it. Without attention, `heads` and `kvHeads` are 0. */
export interface PlannedLayer extends LayerSizes {
  /** Its number in the model folder. */
  readonly source: number;
  /** The attention, or the MLP, is made of zeros: the layer has none, but llama.cpp needs one. */
  readonly zeroAttention: boolean;
  readonly zeroMlp: boolean;
}

export interface LayerPlan {
  readonly layers: readonly PlannedLayer[];
  readonly uniform: boolean;
  readonly notes: readonly string[];
}

/**
 * The layers of the file.
 *
 * llama.cpp's `deci` lets a layer lack its attention, but aborts when it is the first. It takes a layer without MLP, and
 * then loses the attention of that layer too, or aborts when it is the last. So a first layer without attention gets
 * one head of zeros, every layer without MLP 32 neurons of zeros, and a layer that lacks both is left out: none of this
 * changes what the model computes.
 * @throws SecateurError E_EXPORT
 */
export const planLayers = (sizes: readonly LayerSizes[]): LayerPlan => {
  const kept = sizes.flatMap((layer, source) =>
    layer.heads > 0 || layer.channels > 0 ? [{ ...layer, source }] : [],
  );
  if (kept.length === 0 || kept.length > MOST_LAYERS)
    throw new SecateurError(
      'E_EXPORT',
      `The model has ${kept.length} layers that do something, llama.cpp takes 1 to ${MOST_LAYERS}.`,
      { hint: 'Leave a layer with attention or MLP, or write it as ONNX.' },
    );
  for (const { heads, kvHeads, source } of kept)
    if (kvHeads > 0 ? heads % kvHeads !== 0 : heads > 0)
      throw new SecateurError(
        'E_EXPORT',
        `Layer ${source} has ${heads} query heads on ${kvHeads} KV heads, llama.cpp takes multiples only.`,
        { hint: "Prune whole KV heads: prune.kinds: ['kv-head', 'channel']." },
      );
  const layers = kept.map((layer, at): PlannedLayer => {
    const zeroAttention = at === 0 && layer.heads === 0;
    const zeroMlp = layer.channels === 0;
    return {
      source: layer.source,
      heads: zeroAttention ? 1 : layer.heads,
      kvHeads: zeroAttention ? 1 : layer.kvHeads,
      channels: zeroMlp ? ZERO_NEURONS : layer.channels,
      zeroAttention,
      zeroMlp,
    };
  });
  const [first] = layers;
  return {
    layers,
    uniform: layers.every(
      ({ heads, kvHeads, channels }) =>
        heads === first!.heads && kvHeads === first!.kvHeads && channels === first!.channels,
    ),
    notes: notesOf(layers, sizes.length),
  };
};

const notesOf = (layers: readonly PlannedLayer[], all: number): readonly string[] => {
  const written = new Set(layers.map(({ source }) => source));
  const left = Array.from({ length: all }, (_, i) => i).filter(i => !written.has(i));
  const mlps = layers.filter(({ zeroMlp }) => zeroMlp).map(({ source }) => source);
  return [
    ...(left.length > 0
      ? [`Left out, since they have neither attention nor MLP: ${named(left)}; those behind move up.`]
      : []),
    ...(layers[0]!.zeroAttention
      ? [
          `The attention that ${named([layers[0]!.source])} lacks is written as one head of zeros, for llama.cpp.`,
        ]
      : []),
    ...(mlps.length > 0
      ? [
          `The MLP that ${named(mlps)} ${mlps.length === 1 ? 'lacks' : 'lack'} is written as ${ZERO_NEURONS} neurons of zeros, for llama.cpp.`,
        ]
      : []),
  ];
};

const named = (layers: readonly number[]): string =>
  `${layers.length === 1 ? 'layer' : 'layers'} ${layers.join(', ')}`;
