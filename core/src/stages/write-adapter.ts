import { type LoraSpec, loraNames } from '../graph/attach-lora.js';
import type { ShapedLora } from '../model/written-shape.js';
import type { CheckpointFormat } from '../ports/checkpoint.js';

/**
 * Writes an adapter as PEFT has it. `config` is the one that it came with; a fresh adapter has none. What it says of
 * layers by number is written anew where they have moved.
 */
export const writeAdapter = async (
  folder: string,
  config: Readonly<Record<string, unknown>> | undefined,
  format: CheckpointFormat,
  { state: { specs, arrays }, modules, moved }: ShapedLora,
): Promise<void> => {
  const tensors = [...specs].flatMap(([module, { rank }]) => {
    const [out, into] = modules.get(module)!;
    const { a, b } = loraNames(module);
    return [
      { name: a, shape: [rank, into], data: arrays.get(a)! },
      { name: b, shape: [out, rank], data: arrays.get(b)! },
    ];
  });
  const [first] = specs.values();
  const made = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    r: first!.rank,
    lora_alpha: first!.scaling * first!.rank,
    lora_dropout: 0,
    bias: 'none',
    target_modules: [...new Set([...specs.keys()].map(module => module.split('.').at(-1)!))],
  };
  const said = config && (moved || isWider(config, specs)) ? rewritten(config, specs) : config;
  await format.writeAdapter(folder, said ?? made, tensors);
};

/** Whether a module has a rank that the config speaks of nowhere: a recovery may widen an adapter. */
const isWider = (
  { r, rank_pattern }: Readonly<Record<string, unknown>>,
  specs: ReadonlyMap<string, LoraSpec>,
): boolean => {
  const said = new Set<unknown>([r, ...Object.values(Object(rank_pattern))]);
  return [...specs.values()].some(({ rank }) => !said.has(rank));
};

/** Every module by its whole name: patterns and lists of layers may mean the former numbers and ranks. */
const rewritten = (
  config: Readonly<Record<string, unknown>>,
  specs: ReadonlyMap<string, LoraSpec>,
): Readonly<Record<string, unknown>> => {
  const alpha = ({ rank, scaling }: LoraSpec): number =>
    scaling * (config.use_rslora === true ? Math.sqrt(rank) : rank);
  const patterns = {
    rank_pattern: Object.fromEntries([...specs].map(([module, { rank }]) => [module, rank])),
    alpha_pattern: Object.fromEntries([...specs].map(([module, spec]) => [module, alpha(spec)])),
  };
  const isUsed = (key: string): boolean => Object.keys(Object(config[key])).length > 0;
  return {
    ...config,
    ...Object.fromEntries(Object.entries(patterns).filter(([key]) => isUsed(key) || isWider(config, specs))),
    ...('layers_to_transform' in config ? { layers_to_transform: null, layers_pattern: null } : {}),
    target_modules: [...specs.keys()],
  };
};
