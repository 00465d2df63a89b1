import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';

/** A folder of its own for one test, gone when the test is over. */
export const scratchFolder = (t: ExecutionContext): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'secateur-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
