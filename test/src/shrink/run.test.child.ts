/** A run in a process of its own, for tests that kill it. Arguments: the folder of the run. */
import { shrinkingRun } from './run.test.data.js';

await shrinkingRun(process.argv[2]!, true, 'run');
