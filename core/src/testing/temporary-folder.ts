import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The part of AVA's `t` that is needed here. */
interface TearsDown {
  teardown(work: () => Promise<void>): void;
}

/** An empty folder that goes away with the test. */
export const temporaryFolder = async (t: TearsDown): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secateur-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
};
