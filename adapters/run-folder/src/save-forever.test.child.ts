/** Saves bundles into the run folder given as argument, and tells the number of each once it is saved, until killed. */
import { folderStorage } from './folder-storage.js';
import { numberedBundle } from './numbered-bundle.test.data.js';

const store = await folderStorage.reopen(process.argv[2]!);
for (let n = Number(process.argv[3]); ; n++) {
  await store.save('state', numberedBundle(n));
  store.event({ event: 'saved', n });
  process.send!(n);
}
