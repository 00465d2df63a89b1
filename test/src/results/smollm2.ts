import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { convertGguf } from '@secateur/adapter-checkpoint-gguf';
import { smollm2File } from '../smollm2/file.js';

/** SmolLM2-135M-Instruct as a model folder, dequantised exactly to float32. */
export const smollm2Folder = async (scratch: string): Promise<string> => {
  if (!existsSync(smollm2File)) throw new Error('the model is not there: run npm run fetch:smollm2');
  rmSync(scratch, { recursive: true, force: true });
  const folder = path.join(scratch, 'model');
  await convertGguf(smollm2File, folder);
  return folder;
};
