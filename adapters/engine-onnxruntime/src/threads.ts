import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Physical cores this process may use: a second hardware thread on a core only disturbs matrix products. */
export const defaultThreads = (): number => Math.max(1, Math.min(availableParallelism(), physicalCores()));

/** Infinity where the system does not tell. */
const physicalCores = (): number => {
  const cores = new Set<string>();
  for (let cpu = 0; ; cpu++) {
    try {
      cores.add(readFileSync(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, 'utf8'));
    } catch {
      return cores.size || Number.POSITIVE_INFINITY;
    }
  }
};
