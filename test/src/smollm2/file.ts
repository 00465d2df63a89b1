import path from 'node:path';
import { repository } from '../shared-data.js';

/** Where `npm run fetch:smollm2` puts SmolLM2-135M-Instruct, a GGUF file of 98 MB in Q4_1. */
export const smollm2File = path.join(repository, '.cache/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf');
