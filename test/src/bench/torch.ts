import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { repository } from '../shared-data.js';
import { type Contender, startProcess } from './contender.js';
import type { Material } from './material.js';

/** PyTorch's sides, by name: the decoder of the script, and whether torch.compile takes it. */
export const torchSides: Readonly<Record<string, { readonly decoder: string; readonly compiled: boolean }>> =
  {
    eager: { decoder: 'plain', compiled: false },
    onednn: { decoder: 'onednn', compiled: false },
    compile: { decoder: 'plain', compiled: true },
    peft: { decoder: 'peft', compiled: false },
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
export const torchRequest = (name: string, { model, adapter, batch }: Material): object => ({
  folder: model,
  adapter,
  batch,
  ...torchSides[name],
});
