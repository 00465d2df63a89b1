import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../shared-data.js';
import type { Material, MaterialSource } from './material.js';

/** The bundled model with its adapter, which have learnt the sources that they are measured on. */
export const bundledMaterial = (): Material => {
  const folder = path.join(repository, 'examples/bundled-model');
  const hash = createHash('sha256');
  const source = (name: string, ending = 'txt'): MaterialSource => {
    const file = (part: string): string => {
      const text = path.join(folder, 'text', `${name}${part}.${ending}`);
      hash.update(readFileSync(text));
      return text;
    };
    return { name, train: file(''), tune: file('.validation'), test: file('.held-out') };
  };
  const sources = [source('moby-dick'), source('speeches'), source('instructions', 'jsonl')];
  return {
    model: path.join(folder, 'model'),
    adapter: path.join(folder, 'adapter'),
    sources,
    hash: hash.digest('hex').slice(0, 12),
  };
};
