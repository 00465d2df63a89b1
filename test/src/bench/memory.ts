import { readFileSync } from 'node:fs';

/** Resident memory of this process in bytes, where the system tells it: its peak, and what is resident now. */
export interface Memory {
  readonly peak: number;
  readonly anonymous: number;
  readonly mapped: number;
}

/** NaN where there is no /proc. */
export const memoryNow = (): Memory => {
  const fields = statusFields();
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(fields)?.[1] ?? Number.NaN) * 1024;
  return { peak: bytes('VmHWM'), anonymous: bytes('RssAnon'), mapped: bytes('RssFile') };
};

const statusFields = (): string => {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
};
