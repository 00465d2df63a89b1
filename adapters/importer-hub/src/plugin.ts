import { DataImporter, definePlugin, Importer } from '@secateur/core';
import { createHubDataImporter } from './hub-data-importer.js';
import { createHubImporter } from './hub-importer.js';

/** Fetches models and data from the Hugging Face hub: `model: 'hf:owner/name'`, `--data boolq=hf:owner/name`. */
export default definePlugin('importer-hub', api => {
  api.provide(
    Importer,
    'hub',
    createHubImporter({ log: api.log }),
    'hf:owner/name, from the Hugging Face hub',
  );
  api.provide(
    DataImporter,
    'hub',
    createHubDataImporter({ log: api.log }),
    'hf:owner/dataset, from the Hugging Face hub',
  );
});
