import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { getRepoFolderName } from '@huggingface/hub';
import type { HubName } from './hub-name.js';
import { CONFIG, INDEX, shardsOf, WEIGHTS } from './model-files.js';

/**
 * The cache of huggingface_hub, which other programs share: `refs/REVISION` holds a commit, `snapshots/COMMIT/FILE` is a
 * link to `blobs/ETAG`.
 */
export interface CacheLayout {
  /** Content, named by its hash. */
  blob(etag: string): string;
  /** Folder of a commit's files. */
  snapshot(commit: string): string;
  /** Where the commit of a revision is noted. */
  reference(revision: string): string;
}

export const cacheLayout = (
  cache: string,
  { kind, repository }: Pick<HubName, 'kind' | 'repository'>,
): CacheLayout => {
  const folder = path.join(cache, getRepoFolderName({ type: kind, name: repository }));
  return {
    blob: etag => path.join(folder, 'blobs', etag),
    snapshot: commit => path.join(folder, 'snapshots', commit),
    reference: revision => path.join(folder, 'refs', ...revision.split('/')),
  };
};

export const isCommit = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

/** Size of a file, links followed; undefined when there is none. */
export const sizeOfFile = (file: string): Promise<number | undefined> =>
  stat(file).then(
    status => (status.isFile() ? status.size : undefined),
    () => undefined,
  );

/** Puts a blob into a snapshot: by a relative link; where the system grants none, by a second name of the file. */
export const linkInto = async (blob: string, pointer: string): Promise<void> => {
  await mkdir(path.dirname(pointer), { recursive: true });
  const temporary = temporaryOf(pointer);
  try {
    await symlink(path.relative(path.dirname(pointer), blob), temporary);
  } catch {
    await link(blob, temporary);
  }
  // Over what is there: who shares the cache never finds the name gone.
  await rename(temporary, pointer);
};

/** A name that no other fetch has, of this process or another. */
const temporaryOf = (file: string): string => `${file}.${randomUUID()}.tmp`;

/** Notes the commit of a revision. Comes last, so that a revision always leads to a whole snapshot of ours. */
export const noteCommit = async (layout: CacheLayout, revision: string, commit: string): Promise<void> => {
  const reference = layout.reference(revision);
  await mkdir(path.dirname(reference), { recursive: true });
  const temporary = temporaryOf(reference);
  const handle = await open(temporary, 'w');
  try {
    await handle.writeFile(commit);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, reference);
};

/** Folder of what the cache has of a revision, all or not; undefined when it does not know the revision. */
export const cachedSnapshot = async (layout: CacheLayout, revision: string): Promise<string | undefined> => {
  const commit = isCommit(revision)
    ? revision
    : (await readFile(layout.reference(revision), 'utf8').catch(() => '')).trim();
  return isCommit(commit) ? layout.snapshot(commit) : undefined;
};

/** The snapshot of a revision when the cache has its config and all of its weights; undefined when it has not. */
export const completeSnapshot = async (
  layout: CacheLayout,
  revision: string,
): Promise<string | undefined> => {
  const folder = await cachedSnapshot(layout, revision);
  if (folder === undefined) return undefined;
  const has = async (name: string): Promise<boolean> =>
    ((await sizeOfFile(path.join(folder, name))) ?? 0) > 0;
  if (!(await has(CONFIG))) return undefined;
  if (await has(WEIGHTS)) return folder;
  const shards = shardsOf(await readFile(path.join(folder, INDEX), 'utf8').catch(() => ''));
  for (const shard of shards ?? []) if (!(await has(shard))) return undefined;
  return shards ? folder : undefined;
};
