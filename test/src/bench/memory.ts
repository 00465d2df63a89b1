import { readFileSync } from 'node:fs';

/** Resident memory of a process in bytes, where the system tells it: its peak, and what is resident now. */
export interface Memory {
  readonly peak: number;
  readonly anonymous: number;
  readonly mapped: number;
}

/** Of this process or another one; NaN where there is no /proc, or no such process. */
export const memoryNow = (pid: number | 'self' = 'self'): Memory => {
  const fields = statusFields(pid);
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(fields)?.[1] ?? Number.NaN) * 1024;
  return { peak: bytes('VmHWM'), anonymous: bytes('RssAnon'), mapped: bytes('RssFile') };
};

const statusFields = (pid: number | 'self'): string => {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
};
