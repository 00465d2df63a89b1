import { fault } from '../fault.js';
import { type GgufArchitecture, ggufArchitectures, isGgufArchitecture } from '../format/architectures.js';
import { architectureKeys, generalKeys } from '../format/metadata-keys.js';
import { show } from '../reader/metadata.js';
import type { GgufFile } from '../reader/open-gguf.js';
import { type Fields, fieldsOf } from './fields.js';

/** How a layer is sized; 0 heads or 0 channels: it has no attention, or no MLP. */
export interface LayerSizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly channels: number;
}

/** What the metadata says of a decoder. */
export interface ModelSizes {
  readonly architecture: GgufArchitecture;
  readonly hidden: number;
  readonly headDim: number;
  readonly vocabulary: number;
  readonly layers: readonly LayerSizes[];
  readonly maxSequence: number;
  readonly epsilon: number;
  readonly theta: number;
  /** By which RoPE divides positions; 1 = not at all. */
  readonly ropeFactor: number;
}

/** Far above every model there is. */
const MOST_LAYERS = 10_000;

/**
 * Reads the sizes of a model.
 * @throws SecateurError E_GGUF for a value that is missing or wrong, or that config.json cannot say
 */
export const readSizes = (gguf: GgufFile): ModelSizes => {
  const { file } = gguf;
  const fields = fieldsOf(gguf);
  const [name, architecture] = readArchitecture(file, fields);
  const keys = architectureKeys(name);
  refuseParts(file, fields);
  refuseUnsayable(file, name, fields);
  const hidden = positive(file, fields, keys.embeddingLength);
  const blocks = positive(file, fields, keys.blockCount);
  if (blocks > MOST_LAYERS) throw fault(file, `has ${blocks} layers, expected at most ${MOST_LAYERS}`);
  const heads = fields.counts(keys.headCount, blocks);
  const kvHeads = fields.has(keys.headCountKv) ? fields.counts(keys.headCountKv, blocks) : heads;
  const channels = fields.counts(keys.feedForwardLength, blocks);
  const layers = heads.map((count, i) => ({
    heads: count,
    // Where there is no attention, llama.cpp does not look at these.
    kvHeads: count === 0 ? 0 : kvHeads[i]!,
    channels: channels[i]!,
  }));
  checkLayers(file, name, architecture, layers);
  const headDim = headDimOf(file, name, fields, hidden, heads);
  return {
    architecture,
    hidden,
    headDim,
    vocabulary: vocabularyOf(gguf),
    layers,
    maxSequence: positive(file, fields, keys.contextLength),
    epsilon: above0(file, keys.epsilon, fields.number(keys.epsilon)),
    theta: above0(file, keys.ropeBase, fields.number(keys.ropeBase, 10_000)),
    ropeFactor: ropeFactorOf(file, name, fields),
  };
};

const supported = Object.keys(ggufArchitectures).join(', ');

const readArchitecture = (file: string, fields: Fields): readonly [string, GgufArchitecture] => {
  const name = fields.text(generalKeys.architecture);
  if (isGgufArchitecture(name)) return [name, ggufArchitectures[name]];
  throw fault(
    file,
    `has the architecture ${show(name)}, expected one of ${supported}`,
    'Take a model of the LLaMA family.',
  );
};

const refuseParts = (file: string, fields: Fields): void => {
  const parts = fields.count('split.count', 0);
  if (parts > 1)
    throw fault(
      file,
      `is one of ${parts} parts of a model, expected a whole one`,
      'Put the parts together: llama-gguf-split --merge FIRST-PART WHOLE.gguf',
    );
};

/** What llama.cpp would compute and config.json has no word for. */
const refuseUnsayable = (file: string, name: string, fields: Fields): void => {
  const refuse = (finding: string): never => {
    throw fault(
      file,
      `${finding}, which is not supported`,
      `Take a dense model: ${supported}, without sliding windows.`,
    );
  };
  const keys = architectureKeys(name);
  const experts = fields.count(keys.expertCount, 0);
  if (experts > 0) refuse(`has ${experts} experts`);
  const window = fields.count(keys.slidingWindow, 0);
  if (window > 0 && window < fields.count(keys.contextLength))
    refuse(`has a sliding window of ${window} tokens`);
  if (!fields.flag(`${name}.attention.causal`, true)) refuse('lets tokens see those behind them');
  for (const [key, none] of [
    ['attention.scale', 0],
    ['rope.scaling.attn_factor', 1],
  ] as const) {
    const scale = fields.number(`${name}.${key}`, none);
    if (scale !== none) refuse(`has the ${name}.${key} ${scale}`);
  }
};

const checkLayers = (
  file: string,
  name: string,
  { perLayer }: GgufArchitecture,
  layers: readonly LayerSizes[],
): void => {
  for (const [i, { heads, kvHeads, channels }] of layers.entries()) {
    const first = layers[0]!;
    if (!perLayer && (heads !== first.heads || kvHeads !== first.kvHeads || channels !== first.channels))
      throw fault(file, `has layers of different sizes, which ${name} cannot have, expected deci`);
    if (heads > 0 && kvHeads === 0)
      throw fault(file, `has a linear map for the attention of layer ${i}, which is not supported`);
    if (heads % Math.max(kvHeads, 1) !== 0)
      throw fault(file, `has ${heads} heads on ${kvHeads} KV heads in layer ${i}, expected a multiple`);
  }
  if (layers.every(({ heads }) => heads === 0) || layers.every(({ channels }) => channels === 0))
    throw fault(file, 'has no layer with attention, or none with an MLP, expected at least one of each');
};

const headDimOf = (
  file: string,
  name: string,
  fields: Fields,
  hidden: number,
  heads: readonly number[],
): number => {
  const keys = architectureKeys(name);
  // llama.cpp divides by the heads of the first layer, so a file whose first layer has none must give the length.
  const headDim = fields.count(keys.keyLength, hidden / heads[0]!);
  if (headDim === 0 || headDim % 2 !== 0)
    throw fault(file, `has heads of ${headDim} numbers, expected an even number`);
  for (const key of [keys.valueLength, keys.ropeDimensions]) {
    const other = fields.count(key, headDim);
    if (other !== headDim)
      throw fault(file, `has the ${key} ${other}, expected ${headDim}, the length of a key`);
  }
  return headDim;
};

/** Rows of the embedding; the tokens in the metadata are as many. */
const vocabularyOf = ({ file, tensors }: GgufFile): number => {
  const rows = tensors.get('token_embd.weight')?.shape[0];
  if (rows === undefined) throw fault(file, 'lacks the tensor token_embd.weight');
  return rows;
};

const ropeFactorOf = (file: string, name: string, fields: Fields): number => {
  const keys = architectureKeys(name);
  const type = fields.text(keys.ropeScalingType, 'linear');
  if (type === 'none') return 1;
  if (type !== 'linear')
    throw fault(
      file,
      `scales RoPE by ${show(type)}, expected none, linear, or the tensor rope_freqs.weight`,
      'Take a model whose context was not stretched in that way.',
    );
  // The older key; 0 means that nothing is scaled.
  const factor = fields.number(keys.ropeScalingFactor, fields.number(`${name}.rope.scale_linear`, 1));
  return factor === 0 ? 1 : above0(file, keys.ropeScalingFactor, factor);
};

const positive = (file: string, fields: Fields, key: string): number => {
  const value = fields.count(key);
  if (value === 0) throw fault(file, `has 0 as ${key}, expected more`);
  return value;
};

const above0 = (file: string, key: string, value: number): number => {
  if (value <= 0) throw fault(file, `has ${value} as ${key}, expected more than 0`);
  return value;
};
