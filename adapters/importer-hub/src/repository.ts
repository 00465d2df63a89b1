import { datasetInfo, type ListFileEntry, listFiles, modelInfo } from '@huggingface/hub';
import { SecateurError } from '@secateur/core';
import { isCommit } from './cache-layout.js';
import type { HubName } from './hub-name.js';
import type { HubSettings } from './settings.js';

/** A file of a repository. */
export interface HubFile {
  /** Path in the repository. */
  readonly name: string;
  readonly size: number;
  /** Name of its content in the cache: the sha256 of a large file, git's hash of a small one. */
  readonly etag: string;
  /** How the etag follows from the content; undefined when it does not. */
  readonly hash: 'sha256' | 'git' | undefined;
}

export interface Snapshot {
  /** 40 hexadecimal digits. */
  readonly commit: string;
  readonly files: ReadonlyMap<string, HubFile>;
}

/** What the calls of the hub's client share. */
export const credentials = (settings: HubSettings, fetcher: typeof fetch) => ({
  hubUrl: settings.endpoint,
  fetch: fetcher,
  ...(settings.token === undefined ? {} : { accessToken: settings.token }),
});

/** Asks which commit a revision is, and which files that has: of a model those at its root, of a data set all. */
export const lookUp = async (
  { kind, repository, revision }: HubName,
  settings: HubSettings,
  fetcher: typeof fetch,
): Promise<Snapshot> => {
  const access = credentials(settings, fetcher);
  const asked = { ...access, name: repository, revision, additionalFields: ['sha' as const] };
  const { sha: commit } = await (kind === 'model' ? modelInfo(asked) : datasetInfo(asked));
  if (!isCommit(commit)) throw strange(repository, `the commit ${JSON.stringify(commit)}`);
  const files = new Map<string, HubFile>();
  for await (const entry of listFiles({
    ...access,
    repo: { type: kind, name: repository },
    revision: commit,
    recursive: kind === 'dataset',
  }))
    if (entry.type === 'file') files.set(entry.path, asFile(repository, entry));
  return { commit, files };
};

/** The answer becomes paths and sizes: it is checked. */
const asFile = (repository: string, { path, size, oid, lfs, xetHash }: ListFileEntry): HubFile => {
  const etag = lfs?.oid ?? xetHash ?? oid;
  if (typeof etag !== 'string' || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(etag))
    throw strange(repository, `${path} with the hash ${JSON.stringify(etag)}`);
  if (!Number.isSafeInteger(size) || size < 0) throw strange(repository, `${path} with ${size} bytes`);
  return { name: path, size, etag, hash: lfs ? 'sha256' : xetHash ? undefined : 'git' };
};

const strange = (repository: string, what: string): SecateurError =>
  new SecateurError('E_HUB', `The hub lists ${what} in ${repository}, which cannot be.`, {
    hint: 'Check HF_ENDPOINT: a mirror may be out of order.',
  });
