import { loraNames } from '../graph/attach-lora.js';
import type { ShapedLora } from '../model/written-shape.js';
import type { CheckpointFormat } from '../ports/checkpoint.js';

/** Writes an adapter as PEFT has it. `config` is the one that it came with; a fresh adapter has none. */
export const writeAdapter = async (
  folder: string,
  config: Readonly<Record<string, unknown>> | undefined,
  format: CheckpointFormat,
  { state: { specs, arrays }, modules }: ShapedLora,
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
  await format.writeAdapter(folder, config ?? made, tensors);
};
