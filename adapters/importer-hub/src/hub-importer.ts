import type { Importer, Logger } from '@secateur/core';
import { isHubName } from './hub-name.js';
import type { Environment } from './settings.js';

export interface HubImporterOptions {
  /** Told when a copy in the cache stands for what cannot be asked. */
  readonly log?: Logger;
  /** Default `process.env`, read at each call. */
  readonly environment?: Environment;
  /** Milliseconds before each further try. Default 0.5, 1, 2, 4 and 8 seconds. */
  readonly delays?: readonly number[];
}

export const withDefaults = ({
  log = () => {},
  environment = process.env,
  delays = [500, 1000, 2000, 4000, 8000],
}: HubImporterOptions): Required<HubImporterOptions> => ({ log, environment, delays });

/**
 * Makes model folders of `hf:owner/name` and `hf:owner/name@revision`, in the cache that Hugging Face's own programs use.
 * Only `folder` ever asks the network, and only it loads the hub's client.
 */
export const createHubImporter = (options: HubImporterOptions = {}): Importer => ({
  recognises: async model => isHubName(model),

  /** The cache is the hub's: `options.cache` is not used. @throws SecateurError E_HUB; the signal's reason */
  async folder(model, asked) {
    const { fetchModel } = await import('./fetch-model.js');
    return fetchModel(model, asked, withDefaults(options));
  },
});
