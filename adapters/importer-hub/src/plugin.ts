import { definePlugin, Importer } from '@secateur/core';
import { createHubImporter } from './hub-importer.js';

/** Fetches models from the Hugging Face hub: `model: 'hf:owner/name'`. */
export default definePlugin('importer-hub', api => {
  api.provide(
    Importer,
    'hub',
    createHubImporter({ log: api.log }),
    'hf:owner/name, from the Hugging Face hub',
  );
});
