import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createHuggingFaceTokenizerFormat } from '@secateur/adapter-tokenizer-hf';
import { chunks, type Sequence } from '@secateur/core';
import { repository } from '../shared-data.js';

/** Chunks of 128 tokens of a novel, as the analysis reads them. */
export const novel = async (folder: string, count: number): Promise<readonly Sequence[]> => {
  const tokenizer = await createHuggingFaceTokenizerFormat().open(folder);
  const text = readFileSync(path.join(repository, 'examples/bundled-model/text/moby-dick.txt'), 'utf8');
  const ids = Int32Array.from(tokenizer.encode(text.slice(0, count * 128 * 8)));
  return chunks(ids, 128, tokenizer.bos).slice(0, count);
};
