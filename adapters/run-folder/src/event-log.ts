import { appendFileSync } from 'node:fs';
import { readFile, truncate } from 'node:fs/promises';

const newline = 0x0a;

/** Appends one line of JSON, in one write. Not synced: after a power cut the last lines may be missing. */
export const appendEvent = (file: string, entry: Readonly<Record<string, unknown>>): void =>
  appendFileSync(file, `${JSON.stringify(entry)}\n`);

/** Takes away the half line that a kill may leave at the end; the next line would run into it. */
export const trimHalfLine = async (file: string): Promise<void> => {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  const whole = bytes.lastIndexOf(newline) + 1;
  if (whole < bytes.length) await truncate(file, whole);
};
