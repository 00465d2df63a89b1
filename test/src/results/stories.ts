import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { convertLlama2c } from '@secateur/adapter-checkpoint-llama2c';
import type { Material, MaterialSource } from './material.js';

const TRAIN = 400_000;
const HELD = 60_000;

/**
 * stories260K and three sources (TinyStories, WikiText-2, Gutenberg) in a scratch folder, cut by position: the head
 * trains, two stretches behind it tune and test.
 */
export const prepareStories = async (data: string, scratch: string): Promise<Material> => {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const model = path.join(scratch, 'model');
  const story = path.join(data, 'models/stories260K');
  await convertLlama2c(path.join(story, 'stories260K.bin'), path.join(story, 'tok512.bin'), model);
  const read = (file: string): string => {
    const bytes = readFileSync(path.join(data, 'text', file));
    return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  };
  const texts: Record<string, string> = {
    stories: read('tinystories/tinystories-944k.txt'),
    wikitext: read('wikitext-2/test.raw.txt'),
    gutenberg: read('gutenberg/pride-and-prejudice-1342.txt'),
  };
  const hash = createHash('sha256');
  const sources = Object.entries(texts).map(([name, text]): MaterialSource => {
    const cut = (part: 'train' | 'tune' | 'test', start: number, end: number): string => {
      const file = path.join(scratch, `${name}.${part}.txt`);
      const content = text.slice(start, end);
      hash.update(content);
      writeFileSync(file, content);
      return file;
    };
    return {
      name,
      train: cut('train', 0, TRAIN),
      tune: cut('tune', TRAIN, TRAIN + HELD),
      test: cut('test', TRAIN + HELD, TRAIN + 2 * HELD),
    };
  });
  return { model, sources, hash: hash.digest('hex').slice(0, 12) };
};
