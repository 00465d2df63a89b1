import type { DataImporter } from '@secateur/core';
import { type HubImporterOptions, withDefaults } from './hub-importer.js';
import { isHubName } from './hub-name.js';

/**
 * Fetches data sets of the hub: `hf:owner/name`, `hf:owner/name/FILE`, either with `@revision`, into the cache that Hugging
 * Face's own programs use. Only `file` ever asks the network, and only it loads the hub's client.
 */
export const createHubDataImporter = (options: HubImporterOptions = {}): DataImporter => ({
  recognises: isHubName,

  /** @throws SecateurError E_HUB; the signal's reason */
  async file(name, wanted, asked) {
    const { fetchData } = await import('./fetch-data.js');
    return fetchData(name, wanted, asked, withDefaults(options));
  },
});
