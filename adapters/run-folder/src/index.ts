import { definePlugin, RunStorage } from '@secateur/core';
import { folderStorage } from './folder-storage.js';

export { folderStorage } from './folder-storage.js';
export { RunFolder } from './run-folder.js';

/** Keeps runs in folders of the file system. */
export default definePlugin('run-folder', api => {
  api.provide(RunStorage, 'folder', folderStorage, 'a folder of the file system');
});
