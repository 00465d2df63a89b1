import { type ImportOptions, SecateurError } from '@secateur/core';
import { type CacheLayout, cacheLayout, noteCommit } from './cache-layout.js';
import { findingOf, hubFailure, isUnavailable } from './failure.js';
import type { Fetch } from './fetch-files.js';
import type { HubImporterOptions } from './hub-importer.js';
import type { HubName } from './hub-name.js';
import { patientFetch } from './patient-fetch.js';
import { lookUp, type Snapshot } from './repository.js';
import { type HubSettings, readSettings } from './settings.js';

/** What is wanted of a repository. */
export interface Wanted {
  /** As the user names it. */
  readonly text: string;
  readonly name: HubName;
  /** @returns its path in the cache; undefined when the cache has it not, or not whole */
  cached(layout: CacheLayout): Promise<string | undefined>;
  /** Fetches what the cache lacks. @returns its path; undefined when the repository has no such thing */
  fetch(task: Fetch, snapshot: Snapshot): Promise<string | undefined>;
}

/**
 * Gets something of the hub into the cache that Hugging Face's own programs use; where the hub cannot be asked, what the
 * cache has.
 * @throws SecateurError E_HUB; the signal's reason
 */
export const fromHub = async (
  { text, name, ...wanted }: Wanted,
  signal: ImportOptions['signal'],
  { log, environment, delays }: Required<HubImporterOptions>,
): Promise<string | undefined> => {
  const settings = await readSettings(environment);
  const layout = cacheLayout(settings.cache, name);
  if (settings.offline) {
    const found = (await wanted.cached(layout)) ?? refuseOffline(text, name, settings);
    log('info', `HF_HUB_OFFLINE is set: the copy of ${text} in the cache is used: ${found}`);
    return found;
  }
  const patience = { delays, signal };
  const task = { name, settings, layout, patience, fetcher: patientFetch(patience) };
  let snapshot: Snapshot;
  try {
    snapshot = await lookUp(name, settings, task.fetcher);
  } catch (error) {
    signal?.throwIfAborted();
    const found = isUnavailable(error) ? await wanted.cached(layout) : undefined;
    if (found === undefined) throw hubFailure(error, name, settings);
    log('warn', `${findingOf(error, settings)}; the copy of ${text} in the cache is used: ${found}`);
    return found;
  }
  const found = await wanted.fetch(task, snapshot);
  if (found !== undefined && name.revision !== snapshot.commit)
    await noteCommit(layout, name.revision, snapshot.commit);
  return found;
};

const refuseOffline = (text: string, { kind }: HubName, { cache }: HubSettings): never => {
  throw new SecateurError('E_HUB', `HF_HUB_OFFLINE is set, and ${cache} has no complete copy of ${text}.`, {
    hint: `Unset HF_HUB_OFFLINE to fetch it once, or name a ${kind === 'model' ? 'model folder' : 'file'} on this machine.`,
  });
};
