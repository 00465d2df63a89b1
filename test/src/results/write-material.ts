/**
 * Writes a model with its texts and a configuration for `secateur compare`: what is trained on, chosen by and reported are
 * three texts.
 *
 *     npm run results:material -- --model stories --sources stories --out material
 *     npx secateur compare -c material/prune.config.json --presets secateur,flap --ratio 0.5 --seeds 3
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { prepareMaterial } from './prepare-material.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'stories' },
    /** Default: all of the model's. */
    sources: { type: 'string' },
    out: { type: 'string' },
  },
});
if (values.out === undefined) throw new Error('--out names the folder');
const out = path.resolve(values.out);
const { model, adapter, sources, hash, settings } = await prepareMaterial(values.model, out);
const wanted = values.sources?.split(',') ?? sources.map(({ name }) => name);
const text = Object.fromEntries(
  wanted.map(name => {
    const source = sources.find(one => one.name === name);
    if (!source) throw new Error(`there is no source "${name}"`);
    return [name, { file: source.train, tuning: source.tune, validation: source.test }];
  }),
);
mkdirSync(out, { recursive: true });
const file = path.join(out, 'prune.config.json');
const config = {
  model,
  ...(adapter === undefined ? {} : { adapter }),
  text,
  evaluate: { tokens: 16_000 },
  ...settings,
};
writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`);
process.stdout.write(`${file} (texts ${hash})\n`);
