import { readFileSync } from 'node:fs';

/** Resident memory of this process in bytes; anonymous and mapped apart where the system tells them. */
export interface Memory {
  readonly resident: number;
  readonly anonymous?: number;
  readonly mapped?: number;
}

export const memoryNow = (): Memory => {
  const resident = process.memoryUsage.rss();
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const field = (name: string): number =>
      Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)![1]) * 1024;
    return { resident, anonymous: field('RssAnon'), mapped: field('RssFile') };
  } catch {
    return { resident };
  }
};
