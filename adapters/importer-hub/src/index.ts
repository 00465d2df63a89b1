export { createHubDataImporter } from './hub-data-importer.js';
export { createHubImporter, type HubImporterOptions } from './hub-importer.js';
export { default } from './plugin.js';
export type { Environment } from './settings.js';
