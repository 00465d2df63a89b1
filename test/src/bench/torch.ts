import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { repository } from '../shared-data.js';
import { type Contender, startProcess } from './contender.js';
import type { Material } from './material.js';

/** One way to take the step in PyTorch. */
interface TorchSide {
  /** Of the script. */
  readonly decoder: 'plain' | 'onednn' | 'peft';
  readonly compiled: boolean;
  /** Whether it takes part in the growth curves: some need a minute to open. */
  readonly grows: boolean;
}

export const torchSides: Readonly<Record<string, TorchSide>> = {
  /** As PyTorch comes, written by hand: faster than transformers. */
  eager: { decoder: 'plain', compiled: false, grows: true },
  /** The same with frozen products by oneDNN: PyTorch's MKL uses AVX-512 on Intel's processors only. */
  onednn: { decoder: 'onednn', compiled: false, grows: true },
  compile: { decoder: 'plain', compiled: true, grows: false },
  /** LlamaForCausalLM of transformers with peft. */
  peft: { decoder: 'peft', compiled: false, grows: false },
};

/** Why this Python cannot be raced against; undefined when it can. */
export const whyNoTorch = (python: string): string | undefined => {
  try {
    execFileSync(python, ['-c', 'import torch, safetensors'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return `${python} does not import torch and safetensors`;
  }
};

const script = path.join(repository, 'test/oracles/lora_step.py');

export const startTorch = (python: string, name: string, threads: number): Promise<Contender> =>
  startProcess(name, [python, script, '--threads', String(threads)]);

/** What that side is told to open. */
export const torchRequest = (name: string, { model, adapter, batch }: Material): object => {
  const { decoder, compiled } = torchSides[name]!;
  return { folder: model, adapter, batch, decoder, compiled };
};
