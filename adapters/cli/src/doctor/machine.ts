import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { memoryAtHand } from '@secateur/core';

export interface Machine {
  /** `linux x64`, and the release of its kernel. */
  readonly system: string;
  readonly processor: {
    readonly model: string;
    /** Hardware threads that this process may use. */
    readonly threads: number;
    /** Vector instructions that decide the speed of matrix products; null where the system does not tell. */
    readonly simd: readonly string[] | null;
  };
  /** Bytes; within a container what it may use. */
  readonly memory: { readonly total: number; readonly free: number };
}

export const describeMachine = (): Machine => ({
  system: `${process.platform} ${process.arch}, ${release()}`,
  processor: {
    model: cpus()[0]?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    simd: simdIn(cpuInfo()),
  },
  memory: {
    total: memoryAtHand(),
    free: process.availableMemory(),
  },
});

const known =
  /^(?:sse4_2|avx|avx2|fma|f16c|avx512(?:f|vl|_vnni|_bf16|_fp16)|avx_vnni|amx_\w+|asimd|asimddp|sve2?|i8mm|bf16)$/;

/** What the kernel says of the first processor. */
export const simdIn = (cpuInfo: string | undefined): readonly string[] | null => {
  const flags = /^(?:flags|Features)\s*:\s*(.+)$/m.exec(cpuInfo ?? '')?.[1];
  return flags === undefined ? null : flags.split(/\s+/).filter(flag => known.test(flag));
};

const cpuInfo = (): string | undefined => {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return undefined;
  }
};
