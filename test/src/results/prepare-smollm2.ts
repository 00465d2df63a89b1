import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundledMaterial } from './bundled.js';
import { type Material, plainTexts } from './material.js';
import { smollm2Folder } from './smollm2.js';

/** Characters of a tuning text that are kept, up to the end of a line: about 8 sequences of 128 tokens. */
const TUNE = 4800;

/**
 * SmolLM2-135M-Instruct and the two plain texts of the bundled model. A pass over a few
 * thousand tokens takes half a minute: tuning text, calibration and measurement are shorter than elsewhere, and steps
 * smaller, so that there are enough of them.
 */
export const prepareSmollm2 = async (scratch: string): Promise<Material> => {
  const model = await smollm2Folder(scratch);
  // The adapter is the bundled model's, and so are instructions by its rules.
  const { sources, hash } = bundledMaterial();
  return {
    model,
    sources: plainTexts(sources).map(source => {
      const tune = path.join(scratch, `${source.name}.tuning.txt`);
      const head = readFileSync(source.tune, 'utf8').slice(0, TUNE);
      writeFileSync(tune, head.slice(0, head.lastIndexOf('\n') + 1));
      return { ...source, tune };
    }),
    hash,
    settings: { calibration: { sequences: 32 }, train: { batch: 4 }, evaluate: { tokens: 4096 } },
  };
};
